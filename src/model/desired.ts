import { type Address, type Family, familyOf, type Prefix, prefixContains } from './address.ts';
import type { Endpoint, EndpointSlice, Service, ServicePort, Skipped, SkipReason, Snapshot } from './snapshot.ts';
import {
  type Protocol,
  type RealServer,
  realServerKey,
  type VirtualServer,
  type VirtualServerKey,
  virtualServerKey,
} from './virtual-server.ts';

/** What the kernel should hold for a snapshot, and what was left out of it. */
export interface Desired {
  readonly virtualServers: ReadonlyMap<VirtualServerKey, VirtualServer>;
  readonly skipped: readonly Skipped[];
}

export interface DesiredSettings {
  /** The prefixes this node owns; nothing outside them is ever wanted. */
  readonly ranges: readonly Prefix[];
  readonly families: readonly Family[];
  /** The IPVS scheduler of every virtual server. */
  readonly scheduler: string;
}

/**
 * The virtual servers a snapshot asks for. A port without a usable endpoint is left out, so that the filter refuses
 * it at once instead of IPVS answering with a rate-limited ICMP message.
 */
export function desired(snapshot: Snapshot, settings: DesiredSettings): Desired {
  const slices = slicesByService(snapshot);
  const virtualServers = new Map<VirtualServerKey, VirtualServer>();
  const skipped: Skipped[] = [...snapshot.skipped];
  for (const [key, service] of sortedByKey(snapshot.services)) {
    for (const candidate of candidatesOf(service, slices.get(key) ?? [], settings)) {
      const taken = 'skip' in candidate ? candidate.skip : claim(virtualServers, candidate.virtualServer, service);
      if (taken) skipped.push(taken);
    }
  }
  return { virtualServers, skipped };
}

type Candidate = { readonly skip: Skipped } | { readonly virtualServer: VirtualServer };

function candidatesOf(service: Service, slices: readonly EndpointSlice[], settings: DesiredSettings): Candidate[] {
  if (service.excluded) return [skip(service, service.excluded, 'has no ClusterIP that fairlead serves')];
  return service.clusterIPs.flatMap((address) => {
    const refused = refuseAddress(service, address, settings);
    return refused
      ? [{ skip: refused }]
      : service.ports.map((port) => candidateOf(service, address, port, slices, settings));
  });
}

function refuseAddress(service: Service, address: Address, { families, ranges }: DesiredSettings): Skipped | undefined {
  if (!families.includes(familyOf(address))) {
    return skip(service, 'family-not-served', `${address} is ${familyOf(address)}; served: ${families.join(', ')}`)
      .skip;
  }
  if (!ranges.some((range) => prefixContains(range, address))) {
    return skip(service, 'outside-ranges', `${address} is in none of ${ranges.join(', ')}`).skip;
  }
  return undefined;
}

function candidateOf(
  service: Service,
  address: Address,
  port: ServicePort,
  slices: readonly EndpointSlice[],
  settings: DesiredSettings,
): Candidate {
  const realServers = realServersOf(slices, familyOf(address), port);
  if (realServers.length === 0) {
    const found = slices.length === 0 ? 'no EndpointSlice' : 'no usable endpoint';
    return skip(service, 'no-endpoints', `port ${port.port}/${port.protocol} has ${found}`);
  }
  const { protocol, port: number } = port;
  const persistenceSeconds = service.affinitySeconds;
  const virtualServer = {
    protocol,
    address,
    port: number,
    scheduler: settings.scheduler,
    schedulerFlags: [],
    persistenceSeconds,
    realServers,
  };
  return { virtualServer };
}

/** Two Services that claim one address and port: the first by namespace and name keeps it. */
function claim(
  virtualServers: Map<VirtualServerKey, VirtualServer>,
  server: VirtualServer,
  service: Service,
): Skipped | undefined {
  const key = virtualServerKey(server);
  if (virtualServers.has(key)) return skip(service, 'port-conflict', `${key} is already taken by another Service`).skip;
  virtualServers.set(key, server);
  return undefined;
}

/**
 * KEP-1669: ready endpoints take traffic; where there is none, those that still serve while terminating do. A
 * terminating endpoint beside ready ones gets weight 0: it keeps its connections and takes no new one. Over UDP it is
 * left out instead: a client that keeps its port would stay with it for ever (measured, and kubernetes #71514).
 */
function realServersOf(slices: readonly EndpointSlice[], family: Family, port: ServicePort): RealServer[] {
  const found = endpointsFor(slices, family, port);
  const anyReady = found.some(({ endpoint }) => endpoint.ready);
  const servers = new Map<string, RealServer>();
  for (const { endpoint, port: number } of found) {
    const weight = weightOf(endpoint, anyReady, port.protocol);
    if (weight === undefined) continue;
    const server = { address: endpoint.address, port: number, weight };
    const key = realServerKey(server);
    // The same endpoint may stand in two slices for a moment: ready in one of them is ready.
    if (weight >= (servers.get(key)?.weight ?? 0)) servers.set(key, server);
  }
  return [...servers.values()].toSorted((a, b) => (realServerKey(a) < realServerKey(b) ? -1 : 1));
}

function weightOf(endpoint: Endpoint, anyReady: boolean, protocol: Protocol): number | undefined {
  if (endpoint.ready) return 1;
  if (!endpoint.serving || !endpoint.terminating) return undefined;
  if (!anyReady) return 1;
  return protocol === 'udp' ? undefined : 0;
}

/** A Service port finds its slice port by name and protocol, and slices may give one name different numbers. */
function endpointsFor(
  slices: readonly EndpointSlice[],
  family: Family,
  wanted: ServicePort,
): { endpoint: Endpoint; port: number }[] {
  return slices
    .filter((slice) => slice.family === family)
    .flatMap((slice) =>
      slice.ports
        .filter(({ name, protocol }) => name === wanted.name && protocol === wanted.protocol)
        .flatMap(({ port }) => slice.endpoints.map((endpoint) => ({ endpoint, port }))),
    );
}

function slicesByService(snapshot: Snapshot): Map<string, EndpointSlice[]> {
  return Map.groupBy(snapshot.slices.values(), (slice) => `${slice.namespace}/${slice.service}`);
}

const sortedByKey = <V>(map: ReadonlyMap<string, V>): [string, V][] =>
  [...map].toSorted(([a], [b]) => (a < b ? -1 : 1));

const skip = (service: Service, reason: SkipReason, detail: string): { skip: Skipped } => ({
  skip: { object: `Service ${service.namespace}/${service.name}`, reason, detail },
});
