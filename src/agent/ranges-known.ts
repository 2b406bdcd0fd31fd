import type { Config } from '../config/config.ts';
import { readRange } from '../config/read-bgp.ts';
import {
  type Address,
  addressBytes,
  FAMILIES,
  familyOf,
  type Prefix,
  prefixAddress,
  prefixContains,
  prefixesOverlap,
  prefixLength,
} from '../model/address.ts';
import type { Skipped, Snapshot } from '../model/snapshot.ts';
import type { ServiceCidr } from '../source/service-cidr.ts';

/** What ServiceCIDRs make of the ranges. */
export interface Sifted {
  readonly ranges: readonly Prefix[];
  /** What of them is left out, by the name of its object. */
  readonly skipped: readonly Skipped[];
}

/**
 * The ranges that ServiceCIDRs stand for: each prefix once, in an order that is the same on every node. One that lies inside
 * of another stays a range of its own, for the API lets either go without the other: an aggregate in their place would have to
 * be withdrawn and replaced, while clients are served. What cannot be a range beside the rest of the configuration is left out.
 */
export function siftRanges(objects: readonly ServiceCidr[], config: Config): Sifted {
  const judged = objects.flatMap(({ name, prefixes }) =>
    prefixes.map((prefix) => ({ object: `ServiceCIDR ${name}`, prefix, conflict: conflictOf(prefix, config) })),
  );
  const good = judged.filter(({ conflict }) => conflict === undefined).map(({ prefix }) => prefix);
  const skipped = judged.flatMap(({ conflict, object, prefix }) =>
    conflict === undefined ? [] : [{ object, reason: 'object-invalid' as const, detail: `${prefix}: ${conflict}` }],
  );
  return { ranges: [...new Set(good)].toSorted(byPlace), skipped };
}

const byPlace = (a: Prefix, b: Prefix): number =>
  FAMILIES.indexOf(familyOf(a)) - FAMILIES.indexOf(familyOf(b)) ||
  Buffer.compare(addressBytes(prefixAddress(a)), addressBytes(prefixAddress(b))) ||
  prefixLength(a) - prefixLength(b);

/** Why a prefix cannot be a range: by the same rules that ranges in the configuration are held to. */
function conflictOf(prefix: Prefix, { bgp, dataplane }: Config): string | undefined {
  const reading = readRange(prefix);
  if ('expected' in reading) return `expected ${reading.expected}`;
  const allowed = [...dataplane.externalIPs, ...dataplane.loadBalancerIPs].find((one) => prefixesOverlap(one, prefix));
  if (allowed !== undefined) return `overlaps ${allowed} of the configuration`;
  const inside = speakers(bgp).find((address) => prefixContains(prefix, address));
  if (inside !== undefined) return `holds ${inside}, an address that BGP depends on`;
  const accepted = bgp.accept.find(
    (one) => prefixContains(prefix, prefixAddress(one)) && prefixLength(one) >= prefixLength(prefix),
  );
  return accepted === undefined ? undefined : `holds ${accepted} of bgp.accept`;
}

/** What switches are reached by, and what they send to: bound to this node, it could never be reached. */
const speakers = ({ listenAddresses, nextHopIPv4, nextHopIPv6, peers, routerId }: Config['bgp']): Address[] => [
  routerId,
  ...listenAddresses,
  ...[nextHopIPv4, nextHopIPv6].flatMap((address) => address ?? []),
  ...peers.flatMap(({ localAddress, place }) => [
    ...(place.kind === 'address' ? [place.address] : []),
    ...(localAddress === undefined ? [] : [localAddress]),
  ]),
];

/**
 * The ranges from now on. None at all are never believed: a cluster has at least the one it was set up with. A range goes
 * only once no Service has an address in it, as the API itself has it: one that is gone before that has been lost, not
 * deleted.
 *
 * @param found by a complete reading of the ServiceCIDRs
 * @param isUsed whether a Service has an address in there, beside the ranges that were found; true where that is not known
 */
export function rangesStep(
  before: readonly Prefix[],
  found: readonly Prefix[],
  isUsed: (range: Prefix) => boolean,
): readonly Prefix[] {
  if (found.length === 0) return before;
  const lost = before.filter((range) => !found.includes(range) && isUsed(range));
  const after = [...found, ...lost].toSorted(byPlace);
  return sameRanges(before, after) ? before : after;
}

/** Two lists of ranges in the order of `siftRanges`. */
export const sameRanges = (a: readonly Prefix[], b: readonly Prefix[]): boolean => a.join() === b.join();

/** Whether a Service has an address in a range that is in none of the others. */
export const usedBy =
  ({ services }: Pick<Snapshot, 'services'>, others: readonly Prefix[]) =>
  (range: Prefix): boolean =>
    services
      .values()
      .some(({ clusterIPs }) => clusterIPs.some((address) => isIn(address)(range) && !others.some(isIn(address))));

const isIn = (address: Address) => (prefix: Prefix) => prefixContains(prefix, address);
