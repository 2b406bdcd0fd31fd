import {
  formatEndpoint,
  realServerKey,
  type VirtualServer,
  type VirtualServerKey,
  virtualServerKey,
} from '../../model/virtual-server.ts';
import type { IpvsOperation } from '../ipvs/plan.ts';
import type { Endpoint } from './codec.ts';

/** A UDP virtual server whose clients may be stuck, and the real servers it lost; `all` where any entry may be stale. */
export interface Change {
  readonly virtualServer: Endpoint;
  readonly lost: readonly Endpoint[] | 'all';
}
export type Changes = ReadonlyMap<VirtualServerKey, Change>;

/** A UDP virtual server whose entries have to be looked at. */
export interface Clearing extends Change {
  /** The real servers it has now, by `address:port`: entries that expect answers from one of them stay. */
  readonly realServers: ReadonlySet<string>;
}

/** By `address:port` of the virtual server, as an entry names it. */
export type Clearings = ReadonlyMap<string, Clearing>;

/**
 * Adds to `changes` what operations on the IPVS table mean for conntrack. Only UDP: a new TCP connection is a new entry.
 * A virtual server that came, went or had no real server before may have entries of any kind, one that lost a real
 * server only those that name it, and one that gained another has none.
 */
export function changesAfter(changes: Changes, operations: readonly IpvsOperation[]): Changes {
  const udp = operations.filter(({ service }) => service.protocol === 'udp');
  if (udp.length === 0) return changes;
  const after = new Map(changes);
  for (const [key, group] of Map.groupBy(udp, ({ service }) => virtualServerKey(service))) {
    const lost = joined(after.get(key)?.lost ?? [], lostBy(group));
    const service = group[0]?.service;
    if (service && lost.length > 0) after.set(key, { virtualServer: service, lost });
  }
  return after;
}

/**
 * Adds every UDP virtual server to `changes`: until the range was bound, its packets went another way, and their
 * entries say so.
 */
export const changesAfterBinding = (
  changes: Changes,
  virtualServers: ReadonlyMap<VirtualServerKey, VirtualServer>,
): Changes => {
  const udp = [...virtualServers].filter(([, { protocol }]) => protocol === 'udp');
  return new Map([...changes, ...udp.map(([key, virtualServer]) => [key, { virtualServer, lost: 'all' }] as const)]);
};

/** Changes with the real servers that each virtual server has now; one that is gone has none. */
export const wantedClearings = (
  changes: Changes,
  virtualServers: ReadonlyMap<VirtualServerKey, VirtualServer>,
): Clearings =>
  new Map(
    [...changes].map(([key, change]) => [
      formatEndpoint(change.virtualServer),
      { ...change, realServers: new Set(virtualServers.get(key)?.realServers.map(realServerKey)) },
    ]),
  );

/** @param operations those on one virtual server */
function lostBy(operations: readonly IpvsOperation[]): Change['lost'] {
  const isNewOrGone = operations.some(({ kind }) => kind === 'add-service' || kind === 'delete-service');
  if (isNewOrGone || wasEmpty(operations)) return 'all';
  return operations.flatMap((operation) => (operation.kind === 'delete-destination' ? [operation.destination] : []));
}

/** Whether every real server there is now has just been added. */
function wasEmpty(operations: readonly IpvsOperation[]): boolean {
  const added = operations.filter(({ kind }) => kind === 'add-destination').length;
  return added > 0 && added === operations.at(-1)?.service.destinations.size;
}

const joined = (a: Change['lost'], b: Change['lost']): Change['lost'] =>
  a === 'all' || b === 'all' ? 'all' : [...a, ...b];
