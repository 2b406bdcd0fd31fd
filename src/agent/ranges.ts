import {
  type Address,
  FAMILIES,
  type Family,
  familyOf,
  parseAddress,
  parsePrefix,
  type Prefix,
  prefixAddress,
  prefixesOverlap,
} from '../model/address.ts';

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
  /** The addresses of this node. Single addresses beside the ranges may come from its own network, but not be these. */
  readonly nodeAddresses: ReadonlySet<Address>;
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
    nodeAddresses: new Set(addresses.flatMap((address) => addressOf(address) ?? [])),
  };
}

/** The families that ranges are of. */
export const familiesOf = (ranges: readonly Prefix[]): Family[] =>
  FAMILIES.filter((family) => ranges.some((range) => familyOf(range) === family));

/** The network address of the first range of each family. */
export const firstAddresses = (ranges: readonly Prefix[]): Address[] =>
  familiesOf(ranges)
    .flatMap((family) => ranges.find((range) => familyOf(range) === family) ?? [])
    .map(prefixAddress);

/** An address of this node that its own connections into a range can carry: the router id, if the node has it. */
export const ownSource = (routerId: Address, addresses: readonly NodeAddress[]): Address | undefined =>
  addresses.some((address) => addressOf(address) === routerId) ? routerId : undefined;

const addressOf = ({ cidr }: NodeAddress): Address | undefined => parseAddress(cidr.split('/')[0] ?? '');
