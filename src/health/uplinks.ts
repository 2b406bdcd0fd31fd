import type { Address } from '../model/address.ts';
import type { Outcome } from './check.ts';

/** An interface, and whether packets can leave by it. */
export interface Uplink {
  readonly name: string;
  readonly up: boolean;
}

/** How a peer is reached at the moment. */
export interface Way {
  readonly peer: Address;
  /** The interface that a packet for it leaves by now; undefined where there is no route. */
  readonly now: Uplink | undefined;
  /** The one it left by at the last look, as it is now; undefined at the first one, or where it is gone. */
  readonly before: Uplink | undefined;
}

/**
 * Which interface each peer hangs on, and whether all of them are up. An interface that is switched off takes its routes
 * along, and a packet for the peer would leave by the default route: as long as the former interface is down, it is that
 * one which the peer hangs on.
 */
export function judgeUplinks(ways: readonly Way[]): Outcome & { readonly uplinks: ReadonlyMap<Address, string> } {
  const found = ways.map(({ before, now, peer }) => ({ peer, link: before?.up === false ? before : now }));
  const uplinks = new Map(found.flatMap(({ link, peer }) => (link ? [[peer, link.name] as const] : [])));
  const detail = found.map(
    ({ link, peer }) => `${peer} ${link ? `by ${link.name}${link.up ? '' : ', which is down'}` : 'has no route'}`,
  );
  return { ok: found.every(({ link }) => link?.up === true), detail: detail.join('; ') || 'no peer is known', uplinks };
}
