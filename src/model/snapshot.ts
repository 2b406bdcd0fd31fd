import type { Address, Family } from './address.ts';
import type { NodeMarks } from './drain.ts';
import type { Scheduling } from './scheduling.ts';
import type { Protocol } from './virtual-server.ts';

/** The part of a Kubernetes Service (core/v1) that decides what is served. */
export interface Service {
  readonly namespace: string;
  readonly name: string;
  /** Empty for headless and ExternalName Services. */
  readonly clusterIPs: readonly Address[];
  /** spec.externalIPs: whatever the author of the Service wrote there. */
  readonly externalIPs: readonly Address[];
  /** status.loadBalancer.ingress, without those that a load balancer answers by itself (ipMode Proxy, KEP-1860). */
  readonly loadBalancerIPs: readonly Address[];
  /** Whether spec.loadBalancerSourceRanges lets only some clients come to the load balancer's addresses. */
  readonly restricted: boolean;
  /** Which endpoints take what is sent to a ClusterIP, and to the other addresses. */
  readonly internalTrafficPolicy: TrafficPolicy;
  readonly externalTrafficPolicy: TrafficPolicy;
  /** What the annotation fairlead.io/scheduler asks for; undefined without it. */
  readonly scheduling: Scheduling | undefined;
  readonly ports: readonly ServicePort[];
  /** Seconds of ClientIP affinity; 0 for none. */
  readonly affinitySeconds: number;
  /** Why nothing of this Service is to be served, as a reason code; undefined for an ordinary one. */
  readonly excluded: 'headless' | 'external-name' | 'other-proxy' | undefined;
}

/** `local`: only the endpoints on the node that the traffic has come to. */
export type TrafficPolicy = 'cluster' | 'local';

export interface ServicePort {
  /** Empty where the Service has a single unnamed port. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
}

/** The part of an EndpointSlice (discovery.k8s.io/v1) that decides where traffic goes. */
export interface EndpointSlice {
  readonly namespace: string;
  readonly name: string;
  /** The label kubernetes.io/service-name; a slice without it never becomes one of ours. */
  readonly service: string;
  readonly family: Family;
  readonly ports: readonly ServicePort[];
  readonly endpoints: readonly Endpoint[];
}

/** Conditions with Kubernetes' nil defaults already applied: ready and serving true, terminating false. */
export interface Endpoint {
  readonly address: Address;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** Where it runs; undefined where nobody says. */
  readonly nodeName: string | undefined;
  /** The zones and nodes whose traffic the slice controller would have it take; empty without a hint. */
  readonly forZones: readonly string[];
  readonly forNodes: readonly string[];
}

/** An object, or a part of one, that could not be used, and why. The rest goes on without it. */
export interface Skipped {
  /** `Service default/web`, `EndpointSlice default/web-x1 port ""`, `file web.yaml`. */
  readonly object: string;
  /** A stable code: see docs/conditions.md. */
  readonly reason: SkipReason;
  /** What was expected and what was found. */
  readonly detail: string;
}

/** Every reason for leaving something out. A code is never renamed or used for something else. */
export const SKIP_REASONS = [
  'headless',
  'external-name',
  'other-proxy',
  'outside-ranges',
  'family-not-served',
  'node-address',
  'external-ip-off',
  'external-ip-not-allowed',
  'source-ranges-not-enforced',
  'no-endpoints',
  'no-local-endpoints',
  'port-invalid',
  'port-conflict',
  'object-invalid',
  'file-invalid',
] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

/** What leaving an object out is meant to be: nobody has to do anything about it. */
export const ORDINARY_REASONS: ReadonlySet<SkipReason> = new Set([
  'headless',
  'external-name',
  'other-proxy',
  'external-ip-off',
]);

/** All that the cluster says at one moment, as a source delivers it. */
export interface Snapshot {
  /** By `namespace/name`. */
  readonly services: ReadonlyMap<string, Service>;
  /** By the key of their Service, so that one Service is looked at without the slices of all others. */
  readonly slices: ReadonlyMap<string, readonly EndpointSlice[]>;
  /** The zone of this node (its label topology.kubernetes.io/zone); undefined where it is not known. */
  readonly zone: string | undefined;
  /** The labels of this Node; undefined where it could not be read. */
  readonly labels: Readonly<Record<string, string>> | undefined;
  /** What this Node says of its maintenance; undefined where it could not be read. */
  readonly marks: NodeMarks | undefined;
  /** What the source itself had to leave out while decoding: the same array for as long as nothing about it changes. */
  readonly skipped: readonly Skipped[];
}

/** The key of the Service that a slice belongs to. */
export const serviceKeyOf = ({ namespace, service }: EndpointSlice): string => `${namespace}/${service}`;
