import { parseAddress, parsePrefix, type Address, type Prefix, prefixesOverlap } from '../model/address.ts';

/** An address of this node, with the length of its network, as the kernel has it on an interface. */
export interface NodeAddress {
  readonly interface: string;
  /** In CIDR notation, host bits included: `10.22.108.100/24`. */
  readonly cidr: string;
}

export interface UsableRanges {
  readonly usable: readonly Prefix[];
  /** The ranges left out, each with why. */
  readonly overlaps: readonly string[];
}

/** Binding a range that holds the node's own network would cut the node off, so such a range is left out. */
export function usableRanges(ranges: readonly Prefix[], addresses: readonly NodeAddress[]): UsableRanges {
  const overlaps = ranges.flatMap((range) => {
    const clash = addresses.find(({ cidr }) => prefixesOverlap(range, parsePrefix(cidr) ?? range));
    return clash ? [{ range, why: `${range} overlaps ${clash.cidr} on ${clash.interface}` }] : [];
  });
  return {
    usable: ranges.filter((range) => !overlaps.some((overlap) => overlap.range === range)),
    overlaps: overlaps.map(({ why }) => why),
  };
}

/** An address of this node that its own connections into a range can carry: the router id, if the node has it. */
export const ownSource = (routerId: Address, addresses: readonly NodeAddress[]): Address | undefined =>
  addresses.some(({ cidr }) => parseAddress(cidr.split('/')[0] ?? '') === routerId) ? routerId : undefined;
