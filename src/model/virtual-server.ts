import type { Address } from './address.ts';

export type Protocol = 'tcp' | 'udp' | 'sctp';

/** A pod that a virtual server spreads connections to (ipvsadm's `-r`). Weight 0 takes no new connection: it drains. */
export interface RealServer {
  readonly address: Address;
  readonly port: number;
  readonly weight: number;
}

/**
 * What a hashing scheduler does beyond its name, as in `ipvsadm -b`: `fallback` hands a client of a real server that
 * takes nothing new to another one, `port` hashes the client's port too.
 */
export type SchedulerFlag = 'fallback' | 'port';

/** One address, port and protocol served by IPVS (ipvsadm's `-t`, `-u`, `--sctp-service`). */
export interface VirtualServer {
  readonly protocol: Protocol;
  readonly address: Address;
  readonly port: number;
  /** An IPVS scheduler's name, as in `ipvsadm -s`. */
  readonly scheduler: string;
  /** Only for `sh` and `mh`. */
  readonly schedulerFlags: readonly SchedulerFlag[];
  /** Seconds a client keeps its real server (session affinity); 0 for none. */
  readonly persistenceSeconds: number;
  readonly realServers: readonly RealServer[];
}

export type VirtualServerKey = string;

/** `tcp/10.99.66.10:80`, the identity IPVS itself uses: protocol, address, port. */
export const virtualServerKey = (server: Pick<VirtualServer, 'protocol' | 'address' | 'port'>): VirtualServerKey =>
  `${server.protocol}/${formatEndpoint(server)}`;

/** The reverse of `virtualServerKey`. Throws a TypeError for a text that it did not make. */
export function splitVirtualServerKey(key: VirtualServerKey): Pick<VirtualServer, 'protocol' | 'address' | 'port'> {
  const [, protocol, six, four, port] = /^(tcp|udp|sctp)\/(?:\[(.*)\]|(.*)):(\d+)$/.exec(key) ?? [];
  const address = six ?? four;
  if (address === undefined) throw new TypeError(`expected the key of a virtual server, got ${JSON.stringify(key)}`);
  return { protocol: protocol as Protocol, address, port: Number(port) };
}

/** The identity of a real server inside its virtual server. */
export const realServerKey = (server: Pick<RealServer, 'address' | 'port'>): string => formatEndpoint(server);

/** `10.1.0.101:8080`, or `[fd00::1]:8080`. */
export function formatEndpoint({ address, port }: { address: Address; port: number }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
