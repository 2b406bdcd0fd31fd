import { type Address, type Family, parseAddress } from '../model/address.ts';
import { parseScheduling, type Scheduling, SCHEDULING_EXPECTED } from '../model/scheduling.ts';
import { EXCLUDE_LABEL, type NodeMarks } from '../model/drain.ts';
import type { EndpointSlice, Service, ServicePort, Skipped, TrafficPolicy } from '../model/snapshot.ts';
import type { Protocol } from '../model/virtual-server.ts';
import { decodeEndpoints } from './decode-endpoints.ts';
import { sharePorts, shareText } from './share.ts';
import { arrayAt, brief, isObject, type JsonObject, objectAt, textAt } from './json.ts';

/** What an object of the API means to us. Without a value it plays no part, for the reasons in `skipped` if any. */
export interface Decoded<T> {
  readonly value: T | undefined;
  readonly skipped: readonly Skipped[];
}

/** The kinds of object that are read, as `Kind` in the API. */
export type ObjectKind = 'Service' | 'EndpointSlice' | 'Node';

interface Identity {
  readonly namespace: string;
  readonly name: string;
}

/** `namespace/name`, or undefined for what has no usable name. Objects without a namespace stand in `default`. */
export function objectKey(raw: unknown): string | undefined {
  const identity = identityOf(raw);
  return identity && `${identity.namespace}/${identity.name}`;
}

/**
 * A Service (core/v1). Ports and addresses that cannot be used are skipped one by one; the rest of it is served.
 * Never throws, whatever the value is.
 */
export function decodeService(raw: unknown): Decoded<Service> {
  const identity = identityOf(raw);
  if (!identity || !isObject(raw)) return unnamed('Service', raw);
  const object = `Service ${identity.namespace}/${identity.name}`;
  const spec = objectAt(raw, 'spec');
  const excluded = exclusionOf(raw, spec);
  if (excluded) return { value: { ...identity, ...NOTHING_SERVED, excluded }, skipped: [] };
  const clusterIPs = split(clusterIPsOf(spec), (text) => decodeAddress(object, 'clusterIP', text));
  const externalIPs = split(arrayAt(spec, 'externalIPs'), (text) => decodeAddress(object, 'externalIP', text));
  const loadBalancerIPs = split(ingressIPs(raw), (text) => decodeAddress(object, 'loadBalancer.ingress.ip', text));
  const ports = split(arrayAt(spec, 'ports'), (port) => decodePort(object, port));
  const affinity = affinityOf(object, spec);
  const scheduling = schedulingOf(object, raw);
  const parts = [clusterIPs, externalIPs, loadBalancerIPs, ports, affinity, scheduling];
  const skipped = parts.flatMap((part) => part.skipped);
  if (clusterIPs.values.length === 0) return { value: undefined, skipped };
  const value = {
    ...identity,
    clusterIPs: clusterIPs.values,
    externalIPs: externalIPs.values,
    loadBalancerIPs: loadBalancerIPs.values,
    restricted: arrayAt(spec, 'loadBalancerSourceRanges').some((range) => !EVERYBODY.has(range)),
    internalTrafficPolicy: policyOf(spec['internalTrafficPolicy']),
    externalTrafficPolicy: policyOf(spec['externalTrafficPolicy']),
    scheduling: scheduling.value,
    ports: sharePorts(ports.values),
    affinitySeconds: affinity.value ?? 0,
    excluded,
  };
  return { value, skipped };
}

const NOTHING_SERVED = {
  clusterIPs: [],
  externalIPs: [],
  loadBalancerIPs: [],
  restricted: false,
  internalTrafficPolicy: 'cluster',
  externalTrafficPolicy: 'cluster',
  scheduling: undefined,
  ports: [],
  affinitySeconds: 0,
} as const;

/**
 * An EndpointSlice (discovery.k8s.io/v1). One without the label kubernetes.io/service-name belongs to no Service, and
 * one of type FQDN holds no address: both play no part. Never throws, whatever the value is.
 */
export function decodeEndpointSlice(raw: unknown): Decoded<EndpointSlice> {
  const identity = identityOf(raw);
  if (!identity || !isObject(raw)) return unnamed('EndpointSlice', raw);
  const object = `EndpointSlice ${identity.namespace}/${identity.name}`;
  const service = labelsOf(raw)['kubernetes.io/service-name'];
  const addressType = raw['addressType'];
  if (typeof service !== 'string' || service === '' || addressType === 'FQDN') return NO_PART;
  const family = FAMILIES.get(addressType);
  if (!family) return skippedObject(object, `addressType is ${brief(addressType)}; expected IPv4, IPv6 or FQDN`);
  const ports = split(arrayAt(raw, 'ports'), (port) => decodePort(object, port));
  const { endpoints, skipped } = decodeEndpoints(object, arrayAt(raw, 'endpoints'), family);
  return {
    value: { ...identity, service: shareText(service), family, ports: sharePorts(ports.values), endpoints },
    skipped: [...ports.skipped, ...skipped],
  };
}

/** The parts of a Node (core/v1) that tell near endpoints from far ones and which peers it has, and that ask for a drain. */
export interface ClusterNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly zone: string | undefined;
  readonly marks: NodeMarks;
}

/** A Node. Never throws, whatever the value is. */
export function decodeNode(raw: unknown): Decoded<ClusterNode> {
  const identity = identityOf(raw);
  if (!identity || !isObject(raw)) return unnamed('Node', raw);
  const labels = labelsOf(raw);
  const { value: drain = false, skipped } = drainMark(`Node ${identity.name}`, raw);
  const excluded = Object.hasOwn(labels, EXCLUDE_LABEL);
  const taints = arrayAt(objectAt(raw, 'spec'), 'taints').flatMap((taint) =>
    isObject(taint) ? (textAt(taint, 'key') ?? []) : [],
  );
  const zone = textAt(labels, 'topology.kubernetes.io/zone');
  const texts = Object.entries(labels).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : []));
  const marks = { drain, excluded, taints };
  return { value: { name: identity.name, labels: Object.fromEntries(texts), zone, marks }, skipped };
}

const DRAIN_ANNOTATION = 'fairlead.io/drain';

function drainMark(object: string, raw: JsonObject): Decoded<boolean> {
  const written = annotationsOf(raw)[DRAIN_ANNOTATION];
  if (written === undefined || written === 'false') return NO_PART;
  if (written === 'true') return { value: true, skipped: [] };
  const found = `annotation ${DRAIN_ANNOTATION} is ${brief(written)}, expected "true" or "false"`;
  return skippedObject(object, `${found}; it asks for no drain`);
}

const NO_PART = { value: undefined, skipped: [] };

const FAMILIES: ReadonlyMap<unknown, Family> = new Map([
  ['IPv4', 'ipv4'],
  ['IPv6', 'ipv6'],
]);

const PROTOCOLS: ReadonlyMap<unknown, Protocol> = new Map([
  ['TCP', 'tcp'],
  ['UDP', 'udp'],
  ['SCTP', 'sctp'],
]);

/** Names are what the API server lets through (RFC 1123), so that no key and no log line can be forged by one. */
function identityOf(raw: unknown): Identity | undefined {
  if (!isObject(raw)) return undefined;
  const metadata = objectAt(raw, 'metadata');
  const name = metadata['name'];
  const namespace = metadata['namespace'] ?? 'default';
  return isName(name) && isName(namespace) ? { namespace: shareText(namespace), name } : undefined;
}

const isName = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(value);

const unnamed = (kind: ObjectKind, raw: unknown): Decoded<never> =>
  skippedObject(kind, `expected an object with metadata.name, found ${brief(raw)}`);

const skippedObject = (object: string, detail: string): Decoded<never> => ({
  value: undefined,
  skipped: [{ object, reason: 'object-invalid', detail }],
});

const labelsOf = (raw: JsonObject): JsonObject => objectAt(objectAt(raw, 'metadata'), 'labels');
const annotationsOf = (raw: JsonObject): JsonObject => objectAt(objectAt(raw, 'metadata'), 'annotations');

/** What kube-proxy leaves alone too: its label selector, and ShouldSkipService in pkg/proxy/util. */
function exclusionOf(raw: JsonObject, spec: JsonObject): Service['excluded'] {
  const labels = labelsOf(raw);
  if (Object.hasOwn(labels, 'service.kubernetes.io/service-proxy-name')) return 'other-proxy';
  if (Object.hasOwn(labels, 'service.kubernetes.io/headless')) return 'headless';
  if (spec['type'] === 'ExternalName') return 'external-name';
  const [first] = clusterIPsOf(spec);
  return first === undefined || first === 'None' ? 'headless' : undefined;
}

/** `clusterIPs`, or `clusterIP` alone in objects older than dual-stack. */
function clusterIPsOf(spec: JsonObject): readonly unknown[] {
  const several = arrayAt(spec, 'clusterIPs');
  return (several.length > 0 ? several : [spec['clusterIP']]).filter((text) => (text ?? '') !== '');
}

/**
 * status.loadBalancer.ingress: entries may hold a host name instead of an address, which plays no part here. An address
 * of ipMode Proxy belongs to a load balancer that answers by itself (KEP-1860); without ipMode it is VIP.
 */
const ingressIPs = (raw: JsonObject): unknown[] =>
  arrayAt(objectAt(objectAt(raw, 'status'), 'loadBalancer'), 'ingress').flatMap((entry) =>
    isObject(entry) && (entry['ip'] ?? '') !== '' && entry['ipMode'] !== 'Proxy' ? [entry['ip']] : [],
  );

/** Source ranges that keep nobody out. */
const EVERYBODY: ReadonlySet<unknown> = new Set(['0.0.0.0/0', '::/0']);

const policyOf = (written: unknown): TrafficPolicy => (written === 'Local' ? 'local' : 'cluster');

const SCHEDULER_ANNOTATION = 'fairlead.io/scheduler';

function schedulingOf(object: string, raw: JsonObject): Decoded<Scheduling> {
  const written = annotationsOf(raw)[SCHEDULER_ANNOTATION];
  if (written === undefined) return NO_PART;
  const value = typeof written === 'string' ? parseScheduling(written) : undefined;
  if (value) return { value, skipped: [] };
  const found = `annotation ${SCHEDULER_ANNOTATION} is ${brief(written)}, expected ${SCHEDULING_EXPECTED}`;
  return skippedObject(object, `${found}; the default is used`);
}

/** Each element is either taken or skipped with a reason. */
type Taken<T> = { readonly value: T } | { readonly skip: Skipped };

function split<T>(
  elements: readonly unknown[],
  take: (element: unknown) => Taken<T>,
): { values: T[]; skipped: Skipped[] } {
  const values: T[] = [];
  const skipped: Skipped[] = [];
  for (const element of elements) {
    const taken = take(element);
    if ('value' in taken) values.push(taken.value);
    else skipped.push(taken.skip);
  }
  return { values, skipped };
}

function decodeAddress(object: string, field: string, text: unknown): Taken<Address> {
  const address = typeof text === 'string' ? parseAddress(text) : undefined;
  if (address !== undefined) return { value: address };
  return { skip: { object, reason: 'object-invalid', detail: `${field} ${brief(text)} is no IP address` } };
}

/** An absent name is "", an absent protocol is TCP. A slice may name a port without a number: nothing to send to. */
function decodePort(object: string, raw: unknown): Taken<ServicePort> {
  const { name: rawName, port, protocol: rawProtocol } = isObject(raw) ? raw : {};
  const name = rawName ?? '';
  const skip = (detail: string): Taken<never> => ({
    skip: { object: `${object} port ${brief(name)}`, reason: 'port-invalid', detail },
  });
  if (typeof name !== 'string') return skip(`name is ${brief(name)}; expected a text`);
  if (!isPort(port)) return skip(`number is ${brief(port)}; expected 1 to 65535`);
  const protocol = PROTOCOLS.get(rawProtocol || 'TCP');
  return protocol
    ? { value: { name, protocol, port } }
    : skip(`protocol is ${brief(rawProtocol)}; expected TCP, UDP or SCTP`);
}

const isPort = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 65_535;

/** Three hours, as the API server fills in (DefaultClientIPServiceAffinitySeconds). */
const DEFAULT_AFFINITY_SECONDS = 10_800;

function affinityOf(object: string, spec: JsonObject): Decoded<number> {
  if (spec['sessionAffinity'] !== 'ClientIP') return { value: 0, skipped: [] };
  const configured = objectAt(objectAt(spec, 'sessionAffinityConfig'), 'clientIP')['timeoutSeconds'];
  const seconds = configured ?? DEFAULT_AFFINITY_SECONDS;
  if (Number.isInteger(seconds) && Number(seconds) >= 1 && Number(seconds) <= 86_400) {
    return { value: Number(seconds), skipped: [] };
  }
  const detail = `timeoutSeconds is ${brief(seconds)}, expected 1 to 86400; taken as ${DEFAULT_AFFINITY_SECONDS}`;
  return { value: DEFAULT_AFFINITY_SECONDS, skipped: [{ object, reason: 'object-invalid', detail }] };
}
