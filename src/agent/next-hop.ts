import type { BgpConfig } from '../config/config.ts';
import { type Address, familyOf, parsePrefix, type Prefix, prefixContains } from '../model/address.ts';
import { addressOf, isGlobalIPv6, type NodeAddress } from './ranges.ts';

/** The ranges that can be announced: IPv6 needs a next hop of its own, since the sessions run over IPv4. */
export const announceable = (ranges: readonly Prefix[], nextHopIPv6: Address | undefined): readonly Prefix[] =>
  ranges.filter((range) => familyOf(range) === 'ipv4' || nextHopIPv6 !== undefined);

/**
 * The address that switches are told to send IPv6 packets to: the configured one, else the first global one of the
 * interface that the first directly connected peer is reached by, else of the one that has the router id. Undefined
 * where there is none. Never an address of a range: every lb node has those.
 */
export function findNextHop(
  { nextHopIPv6, peers, routerId }: BgpConfig,
  ranges: readonly Prefix[],
  addresses: readonly NodeAddress[],
): Address | undefined {
  if (nextHopIPv6 !== undefined) return nextHopIPv6;
  const name = interfaceTowards([...peers.map(({ address }) => address), routerId], addresses);
  return addresses
    .filter((address) => address.interface === name)
    .flatMap((address) => addressOf(address) ?? [])
    .find((address) => isGlobalIPv6(address) && !ranges.some((range) => prefixContains(range, address)));
}

/** The interface whose network holds the first of `targets` that is in any. */
const interfaceTowards = (targets: readonly Address[], addresses: readonly NodeAddress[]): string | undefined =>
  targets
    .flatMap((target) => addresses.find(({ cidr }) => holds(cidr, target)) ?? [])
    .map((address) => address.interface)[0];

function holds(cidr: string, address: Address): boolean {
  const network = parsePrefix(cidr);
  return network !== undefined && prefixContains(network, address);
}
