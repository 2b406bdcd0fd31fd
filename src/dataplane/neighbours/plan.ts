import { type Address, type Prefix, prefixContains } from '../../model/address.ts';

/** A program that serves Services on this node by itself, and how it shows. */
export interface Neighbour {
  readonly name: string;
  readonly evidence: string;
}

/** What was seen in the kernel of this node. */
export interface Sightings {
  /** The interfaces of `LINKS` that exist. */
  readonly links: ReadonlySet<string>;
  /** The files of `FILES` that exist. */
  readonly files: ReadonlySet<string>;
  /** Places, each with the addresses whose packets are led to somebody's pods there. */
  readonly addresses: readonly (readonly [Place, Iterable<Address>])[];
}

/** The places where kube-proxy leads packets to pods, each before IPVS would see them (in PREROUTING). */
export const PLACES = {
  iptables: { name: 'kube-proxy (iptables)', what: 'the chain KUBE-SERVICES of iptables' },
  'iptables-nft': { name: 'kube-proxy (iptables)', what: 'the chain KUBE-SERVICES of iptables-nft' },
  nftables: { name: 'kube-proxy (nftables)', what: 'the map service-ips of the nftables table kube-proxy' },
} as const;
export type Place = keyof typeof PLACES;

/**
 * Interfaces that a proxy binds the addresses of Services to. Whoever has one owns the node's IPVS table as a whole:
 * kube-proxy deletes every virtual server it does not know of, kube-router too.
 */
export const LINKS: ReadonlyMap<string, string> = new Map([
  ['kube-ipvs0', 'kube-proxy (ipvs)'],
  ['kube-dummy-if', 'kube-router'],
]);

/**
 * Maps that Cilium pins only while it replaces kube-proxy (pkg/maps/neighborsmap/cell.go). It always has the map of the
 * services itself, cilium_lb4_services_v2, for the pods of the node, and that takes nothing from outside clients. Where
 * /sys/fs/bpf is not mounted, nothing shows that Cilium is more than the pods' network.
 */
export const FILES: ReadonlyMap<string, string> = new Map(
  ['cilium_nodeport_neigh4', 'cilium_nodeport_neigh6'].map((map) => [
    `/sys/fs/bpf/tc/globals/${map}`,
    "Cilium's kube-proxy replacement",
  ]),
);

/**
 * The programs that own Services of the given ranges on this node. Rules count by what they do and not by whose name
 * they bear: a chain of kube-proxy's that leads no address of ours anywhere takes no packet from us, whether it is empty
 * or another cluster's; leftovers of a kube-proxy that is gone do, and count. An interface of a proxy or a map of
 * Cilium's counts whatever the addresses, since its owner claims the whole IPVS table or every packet.
 */
export function neighboursOf({ links, files, addresses }: Sightings, ranges: readonly Prefix[]): Neighbour[] {
  const rules = addresses.flatMap(([place, found]) => {
    const address = firstInside(found, ranges);
    const { name, what } = PLACES[place];
    return address === undefined ? [] : [{ name, evidence: `${what} has ${address}` }];
  });
  return [...rules, ...named(LINKS, links, (link) => `the interface ${link}`), ...named(FILES, files, (file) => file)];
}

/** `kube-proxy (ipvs): the interface kube-ipvs0` */
export const formatNeighbour = ({ name, evidence }: Neighbour): string => `${name}: ${evidence}`;

function firstInside(addresses: Iterable<Address>, ranges: readonly Prefix[]): Address | undefined {
  for (const address of addresses) if (ranges.some((range) => prefixContains(range, address))) return address;
  return undefined;
}

const named = (
  names: ReadonlyMap<string, string>,
  seen: ReadonlySet<string>,
  evidence: (one: string) => string,
): Neighbour[] => [...names].filter(([one]) => seen.has(one)).map(([one, name]) => ({ name, evidence: evidence(one) }));
