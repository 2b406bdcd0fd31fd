import { GobgpApi as V3 } from '../../src/bgp/gen/gobgp-v3.ts';
import type { HeldPath } from '../../src/bgp/gobgp.ts';
import { UNICAST } from '../../src/bgp/messages/peer-settings.ts';
import { decodeLocalPath } from '../../src/bgp/v3/decode.ts';
import { FAMILIES } from '../../src/model/address.ts';
import type { Gobgpd } from './gobgpd.ts';

/** A Service with addresses beside its ClusterIP; each `fields` is a line of its spec. */
export interface LoadBalancer {
  readonly name: string;
  readonly clusterIP: string;
  readonly port?: number;
  readonly externalIPs?: readonly string[];
  readonly loadBalancerIPs?: readonly string[];
  readonly policy?: 'Cluster' | 'Local';
}

/** The manifest of a Service, as its author writes it and as the cluster completes it. */
export const loadBalancer = (wanted: LoadBalancer): string => `apiVersion: v1
kind: Service
metadata: { name: ${wanted.name} }
spec:
  type: LoadBalancer
  clusterIP: ${wanted.clusterIP}
  externalIPs: [${(wanted.externalIPs ?? []).join(', ')}]
  externalTrafficPolicy: ${wanted.policy ?? 'Cluster'}
  ports: [{ name: http, port: ${wanted.port ?? 80} }]
status: { loadBalancer: { ingress: [${(wanted.loadBalancerIPs ?? []).map((ip) => `{ ip: ${ip} }`).join(', ')}] } }
`;

/** A slice of it with one endpoint, on a node. */
export const endpointOn = (name: string, node: string, ready = true): string => `---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}-1, labels: { kubernetes.io/service-name: ${name} } }
addressType: IPv4
ports: [{ name: http, port: 8080 }]
endpoints: [{ addresses: [10.1.0.101], nodeName: ${node}, conditions: { ready: ${ready} } }]
`;

/** All that a gobgpd has in its tables, whoever told it, with every attribute that a path of ours can have. */
export async function everyPath(gobgpd: Gobgpd): Promise<HeldPath[]> {
  const answers = await Promise.all(
    FAMILIES.map((family) => gobgpd.api.list(V3.ListPath, { family: UNICAST[family] }, 2000)),
  );
  return answers
    .flat()
    .flatMap(({ destination }) => {
      const paths = (destination?.paths ?? []).map((path) => ({ ...path, neighborIp: '' }));
      return paths.flatMap((path) => decodeLocalPath({ prefix: '', ...destination, paths: [path] }) ?? []);
    })
    .toSorted((a, b) => (a.prefix < b.prefix ? -1 : 1));
}
