import { type Prefix, prefixAddress, prefixContains, prefixLength } from '../model/address.ts';
import type { Notice } from './netlink/notices.ts';
import { OUR_PROTOCOL } from './vip/codec.ts';

/** What of the kernel is ours, or carries what is ours. */
export interface Holdings {
  /** The ranges, and the prefixes of which single addresses are served. */
  readonly prefixes: readonly Prefix[];
  /** Interfaces that the data plane and its probe stand on. */
  readonly links: ReadonlySet<string>;
}

/** Every table of ours in nf_tables is named so. */
const OUR_TABLES = 'fairlead-';

/**
 * Whether a change may have taken away something of ours, so that it is worth a look at all of it. What we make ourselves
 * is none; what we delete is, for nobody can tell who did it. Routes, addresses and interfaces of others, which come and
 * go with pods and with what a router learns, are none.
 */
export function concernsDataplane(notice: Notice, { links, prefixes }: Holdings): boolean {
  switch (notice.kind) {
    case 'route':
      return notice.protocol === OUR_PROTOCOL ? notice.gone : prefixes.some((ours) => isWithin(notice.prefix, ours));
    case 'link':
      return links.has(notice.name);
    case 'address':
      // An address takes along the routes that have it as their source, without a word about those.
      return notice.gone ? !isLinkLocal(notice.address) : prefixes.some((ours) => prefixContains(ours, notice.address));
    case 'nftables':
      return notice.table.startsWith(OUR_TABLES);
    case 'gateway':
      return false;
    case 'forwarding':
    case 'lost':
      return true;
  }
}

/** Whether default routes may lead somewhere else now: those of an interface that goes down go without a word. */
export const concernsGateways = (notice: Notice, uplinks: ReadonlySet<string>): boolean =>
  notice.kind === 'gateway' || concernsUplinks(notice, uplinks);

/** Whether a change may have taken away the way to a peer. */
export function concernsUplinks(notice: Notice, uplinks: ReadonlySet<string>): boolean {
  return notice.kind === 'lost' || (notice.kind === 'link' && uplinks.has(notice.name));
}

/** Whether all of a prefix lies inside of another one. */
export const isWithin = (prefix: Prefix, other: Prefix): boolean =>
  prefixLength(prefix) >= prefixLength(other) && prefixContains(other, prefixAddress(prefix));

/** Each interface of IPv6 has one, those of pods included. */
const isLinkLocal = (address: string): boolean => prefixContains('fe80::/10', address);
