/** A Service as far as these tests need one, with the state of each of its pods. */
export interface Sketch {
  readonly name: string;
  readonly address: string;
  readonly protocol?: 'TCP' | 'UDP';
  readonly port: number;
  /** The port of the pods: see servers.mjs. */
  readonly to: number;
  readonly pods: Readonly<Record<string, PodState>>;
  readonly affinitySeconds?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  /** The name of its EndpointSlice, where it matters. */
  readonly slice?: string;
}

/** `failing` neither serves nor ends. */
export type PodState = 'ready' | 'terminating' | 'failing';

const CONDITIONS: Record<PodState, object> = {
  ready: { ready: true, serving: true, terminating: false },
  terminating: { ready: false, serving: true, terminating: true },
  failing: { ready: false, serving: false, terminating: false },
};

/** The addresses of the lab's pods on the cluster network. */
export const POD_ADDRESS: Readonly<Record<string, string>> = {
  pod1: '10.1.0.101',
  pod2: '10.1.0.102',
  pod3: '10.1.0.103',
};

/** The Service and its EndpointSlice, as a manifest file. */
export function manifestOf({ slice: _, ...sketch }: Sketch, slice = _): string {
  const { address, name, pods, port, protocol = 'TCP', to } = sketch;
  const affinity = sketch.affinitySeconds;
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, ...(sketch.annotations && { annotations: sketch.annotations }) },
    spec: {
      clusterIP: address,
      clusterIPs: [address],
      ports: [{ protocol, port }],
      ...(affinity !== undefined && {
        sessionAffinity: 'ClientIP',
        sessionAffinityConfig: { clientIP: { timeoutSeconds: affinity } },
      }),
    },
  };
  const endpoints = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: slice ?? `${name}-1`, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    ports: [{ name: null, protocol, port: to }],
    endpoints: Object.entries(pods).map(([pod, state]) => ({
      addresses: [POD_ADDRESS[pod]],
      conditions: CONDITIONS[state],
    })),
  };
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [service, endpoints] });
}
