import type { Endpoint, SkipReason, TrafficPolicy } from './snapshot.ts';
import { type Protocol, type RealServer, realServerKey } from './virtual-server.ts';

/** An endpoint with the number of the port that is meant. */
export interface EndpointPort {
  readonly endpoint: Endpoint;
  readonly port: number;
}

/** Where this node stands, for the rules that tell near endpoints from far ones. */
export interface Vantage {
  readonly node: string;
  readonly zone: string | undefined;
  readonly topologyHints: 'ignore' | 'honour';
}

export interface Selection {
  /** By address and port. Weight 1 takes connections; weight 0 drains: to be kept while it stands, and never added. */
  readonly realServers: readonly RealServer[];
  /** Why none of them takes a new connection; undefined where one does. */
  readonly lack: Extract<SkipReason, 'no-endpoints' | 'no-local-endpoints'> | undefined;
}

/**
 * Which endpoints of a port take traffic that has come to this node: KEP-1669 with traffic policies and topology hints,
 * as CategorizeEndpoints in kubernetes pkg/proxy/topology.go has it. First the policy narrows them down, then those
 * that are ready take new connections, and where none is, those that still serve while they terminate.
 *
 * Those left over because they are not ready, or no more, drain: they keep the connections they have. Over UDP they are
 * left out instead: a client that keeps its port would stay with them for ever (measured, and kubernetes #71514).
 * They drain also where nothing is left to take new connections: pods that all fail a readiness probe for a moment, for
 * a database is away, go on with their established connections, as they do behind kube-proxy.
 */
export function selectRealServers(
  endpoints: readonly EndpointPort[],
  protocol: Protocol,
  policy: TrafficPolicy,
  vantage: Vantage,
): Selection {
  const inScope = endpoints.filter(({ endpoint }) => policy === 'cluster' || endpoint.nodeName === vantage.node);
  const found = [...distinct(inScope)].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const ready = found.flatMap(([, { endpoint }]) => (endpoint.ready ? [endpoint] : []));
  const hint = policy === 'cluster' ? hintInForce(ready, vantage) : undefined;
  const chosen = found.flatMap(([, { endpoint, port }]) => {
    const weight = hint && isForOthers(endpoint, hint) ? undefined : weightOf(endpoint, ready.length > 0, protocol);
    return weight === undefined ? [] : [{ address: endpoint.address, port, weight }];
  });
  // A copy has no room to grow: there may be many of them, and they are kept.
  const realServers = [...chosen];
  const lack = realServers.some(({ weight }) => weight > 0) ? undefined : lackOf(endpoints);
  return { realServers, lack };
}

/** The same endpoint may stand in two slices for a moment: it counts as the one that takes more. */
export function distinct(endpoints: readonly EndpointPort[]): Map<string, EndpointPort> {
  const best = new Map<string, EndpointPort>();
  for (const one of endpoints) {
    const key = realServerKey({ address: one.endpoint.address, port: one.port });
    const other = best.get(key);
    if (other === undefined || standing(one.endpoint) > standing(other.endpoint)) best.set(key, one);
  }
  return best;
}

const standing = (endpoint: Endpoint): number => (endpoint.ready ? 2 : servesStill(endpoint) ? 1 : 0);

const servesStill = ({ serving, terminating }: Endpoint): boolean => serving && terminating;

/** @param anyReady whether any endpoint in the scope of the policy is ready; undefined is for one that is not used */
export function weightOf(endpoint: Endpoint, anyReady: boolean, protocol: Protocol): number | undefined {
  if (anyReady ? endpoint.ready : servesStill(endpoint)) return 1;
  return protocol === 'udp' ? undefined : 0;
}

/** What the endpoints in the scope of the policy lack, seen from all of them: under `local` others may be fine. */
const lackOf = (endpoints: readonly EndpointPort[]): Selection['lack'] =>
  endpoints.some(({ endpoint }) => standing(endpoint) > 0) ? 'no-local-endpoints' : 'no-endpoints';

export type Hint = readonly ['forNodes' | 'forZones', string];

/**
 * topologyModeFromHints: hints count only if each ready endpoint carries one and at least one of them names this node,
 * or else its zone. Where none is ready they do not count at all.
 */
export function hintInForce(ready: readonly Endpoint[], { node, zone, topologyHints }: Vantage): Hint | undefined {
  if (topologyHints === 'ignore') return undefined;
  const hints: Hint[] = [['forNodes', node], ...(zone === undefined ? [] : [['forZones', zone] as const])];
  return hints.find(
    ([kind, name]) =>
      ready.every((endpoint) => endpoint[kind].length > 0) && ready.some((endpoint) => endpoint[kind].includes(name)),
  );
}

export const isForOthers = (endpoint: Endpoint, [kind, name]: Hint): boolean =>
  endpoint[kind].length > 0 && !endpoint[kind].includes(name);
