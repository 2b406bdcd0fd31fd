import { type VirtualServer, type VirtualServerKey, virtualServerKey } from '../../../src/model/virtual-server.ts';

/** How large a table is. */
export interface Size {
  readonly services: number;
  readonly realServersEach: number;
}

export type Wanted = ReadonlyMap<VirtualServerKey, VirtualServer>;

/** Holds every virtual server below. */
export const RANGES = ['10.99.64.0/18'];

const lowBytes = (index: number): string => `${index >> 8}.${index & 255}`;

/** A table of so many virtual servers, each with real servers of its own, all of weight 1. */
export function virtualServers({ services, realServersEach }: Size): Wanted {
  const servers = Array.from({ length: services }, (_, service): VirtualServer => ({
    protocol: 'tcp',
    address: `10.99.${lowBytes(64 * 256 + service)}`,
    port: 80,
    scheduler: 'rr',
    schedulerFlags: [],
    persistenceSeconds: 0,
    realServers: Array.from({ length: realServersEach }, (_unused, real) => ({
      address: `10.1${real}.${lowBytes(service)}`,
      port: 8080,
      weight: 1,
    })),
  }));
  return new Map(servers.map((server) => [virtualServerKey(server), server]));
}

/** `count` virtual servers spread evenly over the table, each with another weight of its first real server. */
export function reweighted(wanted: Wanted, count: number, weight: number): VirtualServer[] {
  const all = [...wanted.values()];
  return Array.from({ length: count }, (_, index) => all[Math.floor(((index + 0.5) * all.length) / count)])
    .filter((server) => server !== undefined)
    .map((server) => ({ ...server, realServers: server.realServers.with(0, { ...firstOf(server), weight }) }));
}

export function firstOf(server: VirtualServer): VirtualServer['realServers'][number] {
  const [first] = server.realServers;
  if (first === undefined) throw new Error(`${virtualServerKey(server)} has no real server`);
  return first;
}

/** The table with these virtual servers in place of those of the same identity. */
export const replaced = (wanted: Wanted, servers: readonly VirtualServer[]): Wanted =>
  new Map([...wanted, ...servers.map((server) => [virtualServerKey(server), server] as const)]);
