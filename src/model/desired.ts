import { type Address, type Family, familyOf, prefixContains } from './address.ts';
import { type EndpointPort, selectRealServers, type Vantage } from './endpoints.ts';
import type { Scheduling } from './scheduling.ts';
import { addressesOf, type AddressKind, type AddressSettings, type ServedAddress } from './service-addresses.ts';
import type { EndpointSlice, Service, ServicePort, Skipped, SkipReason, Snapshot } from './snapshot.ts';
import { type VirtualServer, type VirtualServerKey, virtualServerKey } from './virtual-server.ts';

/** What the kernel should hold for one Service, and what of it is left out. */
export interface Compiled {
  readonly virtualServers: ReadonlyMap<VirtualServerKey, VirtualServer>;
  /** Those of its addresses that are announced one by one while a virtual server of theirs takes connections. */
  readonly hosts: ReadonlySet<Address>;
  readonly skipped: readonly Skipped[];
}

export interface DesiredSettings extends AddressSettings, Pick<Vantage, 'node' | 'topologyHints'> {
  /** For a Service that asks for nothing else. */
  readonly scheduling: Scheduling;
  /** The kinds of addresses that are announced one by one. An address of another kind is not, even if it is the same. */
  readonly announcedKinds: ReadonlySet<AddressKind>;
}

const NOTHING: Compiled = { virtualServers: new Map(), hosts: new Set(), skipped: [] };

/**
 * What one Service of a snapshot asks for; nothing where it is gone. A port that no endpoint takes is left out, so that
 * the filter refuses it at once instead of IPVS answering with a rate-limited ICMP message. Only one whose real servers
 * still drain is there, with weights of 0 alone: to be kept while it stands, closed to new connections, and never added.
 */
export function compileService(key: string, snapshot: Snapshot, settings: DesiredSettings): Compiled {
  const service = snapshot.services.get(key);
  if (service === undefined) return NOTHING;
  if (service.excluded !== undefined) {
    return { ...NOTHING, skipped: [skip(service, service.excluded, 'has no ClusterIP that fairlead serves')] };
  }
  const slices = snapshot.slices.get(key) ?? [];
  const vantage = { ...settings, zone: snapshot.zone };
  const { served, skipped } = addressesOf(service, settings);
  const ports = served.flatMap((address) =>
    service.ports.map((port) => compilePort(service, address, port, slices, vantage)),
  );
  return { ...joined(service, ports, skipped), hosts: hostsAmong(served, settings) };
}

/** What a range holds is announced with the range. */
function hostsAmong(served: readonly ServedAddress[], settings: DesiredSettings): ReadonlySet<Address> {
  const { announcedKinds, ranges } = settings;
  const hosts = served
    .filter(({ kinds }) => kinds.some((kind) => announcedKinds.has(kind)))
    .map(({ address }) => address)
    .filter((address) => !ranges.some((range) => prefixContains(range, address)));
  // Nearly all Services have none, and share this one.
  return hosts.length === 0 ? NOTHING.hosts : new Set(hosts);
}

interface CompiledPort {
  readonly virtualServer: VirtualServer;
  readonly lack: Skipped | undefined;
}

function compilePort(
  service: Service,
  { address, policy }: ServedAddress,
  { name, port, protocol }: ServicePort,
  slices: readonly EndpointSlice[],
  settings: Vantage & Pick<DesiredSettings, 'scheduling'>,
): CompiledPort {
  const endpoints = endpointsFor(slices, familyOf(address), { name, protocol });
  const { realServers, lack } = selectRealServers(endpoints, protocol, policy, settings);
  const { flags: schedulerFlags, scheduler } = service.scheduling ?? settings.scheduling;
  const persistenceSeconds = service.affinitySeconds;
  const virtualServer = { protocol, address, port, scheduler, schedulerFlags, persistenceSeconds, realServers };
  const found = slices.length === 0 ? 'no EndpointSlice' : lack === 'no-endpoints' ? 'no usable endpoint' : LOCAL;
  return { virtualServer, lack: lack && skip(service, lack, `${virtualServerKey(virtualServer)} has ${found}`) };
}

const LOCAL = 'no usable endpoint on this node, and a traffic policy of Local';

/** A Service port finds its slice port by name and protocol, and slices may give one name different numbers. */
export function endpointsFor(
  slices: readonly EndpointSlice[],
  family: Family,
  wanted: Pick<ServicePort, 'name' | 'protocol'>,
): EndpointPort[] {
  return slices
    .filter((slice) => slice.family === family)
    .flatMap((slice) =>
      slice.ports
        .filter(({ name, protocol }) => name === wanted.name && protocol === wanted.protocol)
        .flatMap(({ port }) => slice.endpoints.map((endpoint) => ({ endpoint, port }))),
    );
}

/** The API server lets no Service name a port twice; a file may, and the first one counts. */
function joined(
  service: Service,
  ports: readonly CompiledPort[],
  refused: readonly Skipped[],
): Omit<Compiled, 'hosts'> {
  const virtualServers = new Map<VirtualServerKey, VirtualServer>();
  const skipped = [...refused];
  const seen = new Set<VirtualServerKey>();
  for (const { lack, virtualServer } of ports) {
    const key = virtualServerKey(virtualServer);
    if (seen.has(key)) skipped.push(skip(service, 'port-conflict', `${key} stands in it twice`));
    else if (lack) skipped.push(lack);
    if (!seen.has(key) && virtualServer.realServers.length > 0) virtualServers.set(key, virtualServer);
    seen.add(key);
  }
  return { virtualServers, skipped };
}

const skip = (service: Service, reason: SkipReason, detail: string): Skipped => ({
  object: `Service ${service.namespace}/${service.name}`,
  reason,
  detail,
});
