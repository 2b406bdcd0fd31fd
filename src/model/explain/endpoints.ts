import {
  distinct,
  type EndpointPort,
  type Hint,
  hintInForce,
  isForOthers,
  type Vantage,
  weightOf,
} from '../endpoints.ts';
import type { Endpoint, TrafficPolicy } from '../snapshot.ts';
import type { RealServerLoad } from '../traffic.ts';
import { formatEndpoint, type Protocol } from '../virtual-server.ts';
import type { EndpointExplanation } from './explanation.ts';

/** What `selectRealServers` makes of each endpoint of a port, and by which of its rules. */
export function explainEndpoints(
  endpoints: readonly EndpointPort[],
  protocol: Protocol,
  policy: TrafficPolicy,
  vantage: Vantage,
  held: readonly RealServerLoad[],
): EndpointExplanation[] {
  const near = endpoints.filter(({ endpoint }) => isInScope(endpoint, policy, vantage));
  const ready = [...distinct(near).values()].map(({ endpoint }) => endpoint).filter((endpoint) => endpoint.ready);
  const hint = policy === 'cluster' ? hintInForce(ready, vantage) : undefined;
  const rules: Rules = { protocol, policy, vantage, hint, anyReady: ready.length > 0 };
  const kernel = new Map(held.map((real) => [formatEndpoint(real), real]));
  // One in scope counts before the same one that is not.
  const listed = new Map([...distinct(endpoints), ...distinct(near)]);
  const known = [...listed].map(([key, { endpoint }]) => explained(key, endpoint, rules, kernel.get(key)));
  const gone = [...kernel].filter(([key]) => !listed.has(key)).map(([key, real]) => goneEndpoint(key, real));
  return [...known, ...gone].toSorted((a, b) => (a.endpoint < b.endpoint ? -1 : 1));
}

interface Rules {
  readonly protocol: Protocol;
  readonly policy: TrafficPolicy;
  readonly vantage: Vantage;
  readonly hint: Hint | undefined;
  readonly anyReady: boolean;
}

const isInScope = ({ nodeName }: Endpoint, policy: TrafficPolicy, { node }: Vantage): boolean =>
  policy === 'cluster' || nodeName === node;

function explained(
  key: string,
  endpoint: Endpoint,
  rules: Rules,
  held: RealServerLoad | undefined,
): EndpointExplanation {
  const { address: _address, ...state } = endpoint;
  return { endpoint: key, state, ...useOf(endpoint, rules), held };
}

function useOf(endpoint: Endpoint, rules: Rules): Pick<EndpointExplanation, 'use' | 'why'> {
  const { anyReady, hint, policy, protocol, vantage } = rules;
  if (!isInScope(endpoint, policy, vantage)) {
    return { use: 'unused', why: `runs on ${endpoint.nodeName ?? 'no known node'}, and the traffic policy is Local` };
  }
  if (hint && isForOthers(endpoint, hint)) return { use: 'unused', why: `its hint is for ${meantFor(endpoint, hint)}` };
  const weight = weightOf(endpoint, anyReady, protocol);
  if (weight === undefined) return { use: 'unused', why: 'not ready, and what is open over UDP is not kept' };
  if (weight === 0)
    return { use: 'drains', why: `${endpoint.terminating ? 'terminates' : 'not ready'}: keeps what it has` };
  return { use: 'takes', why: endpoint.ready ? 'ready' : 'terminates and still serves, and none is ready' };
}

const meantFor = (endpoint: Endpoint, [kind]: Hint): string =>
  `${kind === 'forNodes' ? 'nodes' : 'zones'} ${endpoint[kind].join(', ')}`;

const goneEndpoint = (endpoint: string, held: RealServerLoad): EndpointExplanation => ({
  endpoint,
  state: undefined,
  use: held.weight > 0 ? 'takes' : 'drains',
  why: 'in no EndpointSlice any more, and still in the kernel',
  held,
});
