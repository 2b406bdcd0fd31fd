import type { VirtualServer } from '../../model/virtual-server.ts';

/** What is served, as `tcp/10.99.66.10:80`: the keys of the virtual servers, in a set or a map. Or single addresses. */
export interface Served {
  has(key: string): boolean;
  /** At least all that it has. */
  keys(): Iterable<string>;
}

/**
 * Of the virtual servers, those that take new connections. Where every real server only drains, IPVS would answer a new
 * connection by an ICMP message, which is rate limited (ip_vs_leave, net/netfilter/ipvs/ip_vs_core.c).
 */
export const openOnes = (virtualServers: ReadonlyMap<string, Pick<VirtualServer, 'realServers'>>): Served => ({
  has: (key) => virtualServers.get(key)?.realServers.some(({ weight }) => weight > 0) ?? false,
  keys: () => virtualServers.keys(),
});

export interface ServedChange {
  readonly kind: 'add' | 'delete';
  readonly key: string;
}

/** Of `keys`, the members that must leave before IPVS stops serving them, or a host socket could answer in between. */
export const planNarrow = (wanted: Served, actual: Served, keys: Iterable<string>): ServedChange[] =>
  [...keys].filter((key) => actual.has(key) && !wanted.has(key)).map((key) => ({ kind: 'delete', key }));

/** Of `keys`, those that may join once IPVS serves them. */
export const planWiden = (wanted: Served, actual: Served, keys: Iterable<string>): ServedChange[] =>
  [...keys].filter((key) => wanted.has(key) && !actual.has(key)).map((key) => ({ kind: 'add', key }));

export const formatServedChange = ({ kind, key }: ServedChange): string => `${kind} ${key}`;
