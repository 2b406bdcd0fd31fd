import {
  type Address,
  FAMILIES,
  type Family,
  familyOf,
  parseAddress,
  parsePrefix,
  type Prefix,
  prefixAddress,
  prefixContains,
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
  /** Why these are the ranges that were last known, and may not be those of now; absent where the configuration has them. */
  readonly outdated?: () => string | undefined;
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

/**
 * Addresses of this node that its own connections into a range can carry, one for each family: the router id, if the
 * node has it, and beside it on the same interface the first IPv6 address that is not for that link alone.
 */
export function ownSources(routerId: Address, addresses: readonly NodeAddress[]): Partial<Record<Family, Address>> {
  const own = addresses.map((one) => ({ interface: one.interface, address: addressOf(one) }));
  const uplink = own.find(({ address }) => address === routerId);
  if (uplink === undefined) return {};
  const ipv6 = own.find(
    (one) => one.interface === uplink.interface && one.address && isGlobalIPv6(one.address),
  )?.address;
  return { ipv4: routerId, ...(ipv6 && { ipv6 }) };
}

/** Loopback and what stands for IPv4, one link alone, many receivers (RFC 4291 section 2.4). */
const NOT_GLOBAL: readonly Prefix[] = ['::/8', 'fe80::/10', 'ff00::/8'];

/** Whether others than those on the same link can send to an address. */
export const isGlobalIPv6 = (address: Address): boolean =>
  familyOf(address) === 'ipv6' && !NOT_GLOBAL.some((block) => prefixContains(block, address));

/** The address itself, canonical, without the length of its network. */
export const addressOf = ({ cidr }: NodeAddress): Address | undefined => parseAddress(cidr.split('/')[0] ?? '');
