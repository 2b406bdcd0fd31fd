import type { DesiredSettings } from '../../../src/model/desired.ts';
import {
  type Endpoint,
  type EndpointSlice,
  type Service,
  serviceKeyOf,
  type ServicePort,
  type Snapshot,
} from '../../../src/model/snapshot.ts';

export const SETTINGS: DesiredSettings = {
  ranges: ['10.99.66.0/23'],
  externalIPs: [],
  loadBalancerIPs: [],
  nodeAddresses: new Set(['10.22.108.100', '192.0.2.100']),
  node: 'lb-1',
  topologyHints: 'ignore',
  scheduling: { scheduler: 'rr', flags: [] },
  announcedKinds: new Set(),
};

export const HTTP: ServicePort = { name: 'http', protocol: 'tcp', port: 80 };

export const service = (fields: Partial<Service> = {}): Service => ({
  namespace: 'shop',
  name: 'web',
  clusterIPs: ['10.99.66.10'],
  externalIPs: [],
  loadBalancerIPs: [],
  restricted: false,
  internalTrafficPolicy: 'cluster',
  externalTrafficPolicy: 'cluster',
  scheduling: undefined,
  ports: [HTTP],
  affinitySeconds: 0,
  excluded: undefined,
  ...fields,
});

export const endpoint = (address: string, fields: Partial<Endpoint> = {}): Endpoint => ({
  address,
  ready: true,
  serving: true,
  terminating: false,
  nodeName: undefined,
  forZones: [],
  forNodes: [],
  ...fields,
});

export const slice = (fields: Partial<EndpointSlice> = {}): EndpointSlice => ({
  namespace: 'shop',
  name: 'web-x1',
  service: 'web',
  family: 'ipv4',
  ports: [{ ...HTTP, port: 8080 }],
  endpoints: [endpoint('10.1.0.101')],
  ...fields,
});

export const serviceKey = ({ namespace, name }: Service): string => `${namespace}/${name}`;

export const snapshot = (
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  fields: Partial<Snapshot> = {},
): Snapshot => ({
  services: new Map(services.map((one) => [serviceKey(one), one])),
  slices: Map.groupBy(slices, serviceKeyOf),
  zone: undefined,
  labels: undefined,
  marks: undefined,
  skipped: [],
  ...fields,
});
