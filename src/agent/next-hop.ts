import { type Address, familyOf, parsePrefix, type Prefix, prefixContains } from '../model/address.ts';
import type { Peer } from '../model/path.ts';
import { addressOf, isGlobalIPv6, type NodeAddress } from './ranges.ts';

/** The prefixes that can be announced: IPv6 needs a next hop of its own, whatever the sessions run over. */
export const announceable = (prefixes: readonly Prefix[], nextHopIPv6: Address | undefined): readonly Prefix[] =>
  prefixes.filter((prefix) => familyOf(prefix) === 'ipv4' || nextHopIPv6 !== undefined);

/** What tells where the sessions of this node run. */
export interface Sessions {
  readonly peers: readonly Pick<Peer, 'address' | 'localAddress'>[];
  readonly routerId: Address;
}

/**
 * The address that switches are to send IPv6 packets to, where none is configured: this end of the first session over
 * IPv6 that says it, else the first global address of the interface that the first directly connected peer is reached
 * by, else of the one that has the router id. Undefined where there is none. Never an address of a range: every lb node
 * has those.
 */
export function findNextHop(
  { peers, routerId }: Sessions,
  ranges: readonly Prefix[],
  addresses: readonly NodeAddress[],
): Address | undefined {
  const ends = peers.flatMap(({ localAddress }) => localAddress ?? []);
  const name = interfaceTowards([...peers.map(({ address }) => address), routerId], addresses);
  const own = addresses.filter((address) => address.interface === name).flatMap((address) => addressOf(address) ?? []);
  return [...ends, ...own].find(
    (address) => isGlobalIPv6(address) && !ranges.some((range) => prefixContains(range, address)),
  );
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
