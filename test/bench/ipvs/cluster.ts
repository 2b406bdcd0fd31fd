import { DesiredTable } from '../../../src/model/desired-table.ts';
import { type EndpointSlice, type Service, serviceKeyOf, type Snapshot } from '../../../src/model/snapshot.ts';
import { type VirtualServer, type VirtualServerKey, virtualServerKey } from '../../../src/model/virtual-server.ts';
import { decodeEndpointSlice, decodeService } from '../../../src/source/decode.ts';
import { RANGES, type Wanted } from './workload.ts';

const NAMESPACE = 'bench';
const LABEL = 'kubernetes.io/service-name';

/** A cluster that asks for a table: a Service and an EndpointSlice for each of its virtual servers. */
export class Cluster {
  readonly #table = new DesiredTable({
    ranges: RANGES,
    externalIPs: [],
    loadBalancerIPs: [],
    nodeAddresses: new Set(),
    node: 'lb1',
    topologyHints: 'ignore',
    scheduling: { scheduler: 'rr', flags: [] },
    announcedKinds: new Set(),
  });
  readonly #slices: Map<string, readonly EndpointSlice[]>;
  readonly #snapshot: Snapshot;

  constructor(wanted: Wanted) {
    const servers = [...wanted.values()];
    const services = servers.map((server) => [`${NAMESPACE}/${nameOf(server)}`, decodedService(server)] as const);
    const slices = servers.map((server) => decodedSlice(sliceObject(server, true)));
    this.#slices = new Map(slices.map((slice) => [serviceKeyOf(slice), [slice]]));
    this.#snapshot = {
      services: new Map(services),
      slices: this.#slices,
      zone: undefined,
      labels: undefined,
      marks: undefined,
      skipped: [],
    };
    this.#table.update(this.#snapshot, this.#snapshot.services.keys());
  }

  get wanted(): Wanted {
    return this.#table.virtualServers;
  }

  /** Takes over an EndpointSlice as it comes from the API server, and returns what of the table it changes. */
  take(object: unknown): Set<VirtualServerKey> {
    const slice = decodedSlice(object);
    const key = serviceKeyOf(slice);
    this.#slices.set(key, [slice]);
    return this.#table.update(this.#snapshot, [key]);
  }
}

/** The EndpointSlice of a virtual server as the API has it, its first endpoint either ready or about to end. */
export const sliceObject = (server: VirtualServer, ready: boolean): unknown => ({
  metadata: { namespace: NAMESPACE, name: `${nameOf(server)}-1`, labels: { [LABEL]: nameOf(server) } },
  addressType: 'IPv4',
  ports: server.realServers.slice(0, 1).map(({ port }) => ({ name: '', protocol: 'TCP', port })),
  endpoints: server.realServers.map(({ address }, index) => ({
    addresses: [address],
    conditions: { ready: ready || index > 0, serving: true, terminating: !ready && index === 0 },
  })),
});

const nameOf = (server: VirtualServer): string => `web${virtualServerKey(server).replaceAll(/\D+/g, '-')}`;

function decodedService(server: VirtualServer): Service {
  const { value } = decodeService({
    metadata: { namespace: NAMESPACE, name: nameOf(server) },
    spec: { clusterIPs: [server.address], ports: [{ name: '', protocol: 'TCP', port: server.port }] },
  });
  if (value === undefined) throw new Error(`no Service for ${virtualServerKey(server)}`);
  return value;
}

function decodedSlice(object: unknown): EndpointSlice {
  const { value } = decodeEndpointSlice(object);
  if (value === undefined) throw new Error(`no EndpointSlice: ${JSON.stringify(object)}`);
  return value;
}
