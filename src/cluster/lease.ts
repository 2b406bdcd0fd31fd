import type { Announcer } from '../model/census.ts';
import { CONDITIONS, type ConditionCode } from '../model/condition.ts';
import { type Turn, TURN_STEPS } from '../model/drain.ts';
import type { AnnouncementState } from '../model/status.ts';
import { brief, isObject, type JsonObject, objectAt, textAt } from '../source/json.ts';

/** What selects the Leases of agents, and no other Lease of the namespace. */
export const LEASE_SELECTOR = 'app.kubernetes.io/name=fairlead,fairlead.io/agent';

const LABELS = { 'app.kubernetes.io/name': 'fairlead', 'fairlead.io/agent': '' };
const STATE = 'fairlead.io/state';
const FAULTS = 'fairlead.io/faults';
const DRAIN = 'fairlead.io/drain';

/** The Lease of one agent, as it was read. */
export interface Lease {
  readonly name: string;
  readonly announcer: Announcer;
  /** By the clock of its own node. It tells nothing but whether it has changed, so that it is kept as the text it is. */
  readonly renewTime: string;
  /** How long it holds without another renewal, by what it says itself, in milliseconds. */
  readonly durationMs: number;
}

/** A Lease as it was last seen in the API: what the next change of it must be based on. */
export interface Revision {
  readonly uid: string;
  readonly resourceVersion: string;
}

/** What an agent's own Lease is made of. Times are milliseconds since the epoch. */
export interface OwnLease {
  readonly announcer: Announcer;
  readonly namespace: string;
  readonly durationMs: number;
  readonly acquiredAt: number;
  readonly renewedAt: number;
}

/**
 * A coordination.k8s.io/v1 Lease. With a revision it changes that and nothing else: uid and resourceVersion make the
 * API server refuse it once somebody else has written, a write of our own that came late included.
 */
export function encodeLease(own: OwnLease, base?: Revision): JsonObject {
  const { announcer, namespace, durationMs, acquiredAt, renewedAt } = own;
  const { faults, state, turn } = announcer;
  const drain = turn && { [DRAIN]: `${turn.step} ${turn.number}` };
  const annotations = { [STATE]: state, [FAULTS]: faults.join(','), ...drain };
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: leaseName(announcer.node), namespace, labels: LABELS, annotations, ...base },
    spec: {
      holderIdentity: announcer.node,
      leaseDurationSeconds: Math.ceil(durationMs / 1000),
      acquireTime: microTime(acquiredAt),
      renewTime: microTime(renewedAt),
    },
  };
}

/** The Lease in an object of the API, or what is wrong with it. Never throws. */
export function decodeLease(raw: unknown): Lease | { readonly problem: string } {
  const metadata = isObject(raw) ? objectAt(raw, 'metadata') : {};
  const spec = isObject(raw) ? objectAt(raw, 'spec') : {};
  const name = textAt(metadata, 'name') ?? '';
  const { holderIdentity: node, renewTime, leaseDurationSeconds: seconds } = spec;
  const annotations = objectAt(metadata, 'annotations');
  const state = annotations[STATE];
  const wrong = (expected: string, found: unknown) => ({
    problem: `Lease ${brief(name)}: expected ${expected}, found ${brief(found)}`,
  });
  if (name === '') return { problem: 'expected a Lease with a name, found one without' };
  if (typeof node !== 'string' || node === '') return wrong('a node in spec.holderIdentity', node);
  if (leaseName(node) !== name) return wrong(`spec.holderIdentity to be the node that has this name`, node);
  if (typeof renewTime !== 'string' || renewTime === '') return wrong('a time in spec.renewTime', renewTime);
  if (!isSeconds(seconds)) return wrong('whole seconds in spec.leaseDurationSeconds', seconds);
  if (!isState(state)) return wrong(`a state of an announcement in the annotation ${STATE}`, state);
  const faults = (textAt(annotations, FAULTS) ?? '').split(',').filter(isCode);
  const turn = turnOf(annotations[DRAIN]);
  return { name, announcer: { node, state, faults, ...(turn && { turn }) }, renewTime, durationMs: seconds * 1000 };
}

/** `waits 3`. What another version says in other words is a drain: to take it for none might let two nodes go at once. */
function turnOf(text: unknown): Turn | undefined {
  if (text === undefined) return undefined;
  const [, word, digits] = (typeof text === 'string' && /^(\w+) (\d{1,15})$/.exec(text)) || [];
  return { step: TURN_STEPS.find((one) => one === word) ?? 'drains', number: Number(digits ?? 0) };
}

/** The uid and the version of an object of the API. Throws a TypeError where it has none. */
export function revisionOf(raw: unknown): Revision {
  const metadata = isObject(raw) ? objectAt(raw, 'metadata') : {};
  const uid = textAt(metadata, 'uid');
  const resourceVersion = textAt(metadata, 'resourceVersion');
  if (uid !== undefined && resourceVersion !== undefined) return { uid, resourceVersion };
  throw new TypeError('expected a Lease, found an object without uid or resourceVersion');
}

/** A DNS-1123 subdomain: what the API takes as the name of a Lease. */
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LONGEST_NAME = 253;
const READABLE = 40;

/**
 * The name of a node's Lease: `fairlead-NODE`. The name of a Kubernetes node always makes a valid one unless it is very
 * long; a host name need not, and then a part that can be read and a hash that tells it apart stand for it.
 */
export function leaseName(node: string): string {
  const name = `fairlead-${node}`;
  if (name.length <= LONGEST_NAME && SUBDOMAIN.test(name)) return name;
  const readable = node.toLowerCase().replaceAll(/[^a-z0-9]/g, '-');
  return `fairlead-${readable.slice(0, READABLE)}-${fnv1a(node)}`;
}

/** FNV-1a with 64 bits (draft-eastlake-fnv), as hexadecimal digits. */
function fnv1a(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}

/** Go's RFC3339Micro: apimachinery refuses a MicroTime with any other number of digits than six. */
const microTime = (at: number): string => new Date(at).toISOString().replace('Z', '000Z');

const STATES: Readonly<Record<AnnouncementState, true>> = { announced: true, deprioritised: true, withdrawn: true };

const isState = (value: unknown): value is AnnouncementState =>
  typeof value === 'string' && Object.hasOwn(STATES, value);

/** A code of another version of fairlead says nothing here. */
const isCode = (value: string): value is ConditionCode => Object.hasOwn(CONDITIONS, value);

const isSeconds = (value: unknown): value is number => Number.isInteger(value) && Number(value) > 0;
