import { type Condition, type ConditionCode, CONDITIONS, effectOf } from '../model/condition.ts';
import type { Drain, DrainStage } from '../model/drain.ts';
import type { Announcement } from '../model/status.ts';
import type { Transition } from '../model/transition.ts';
import type { JsonObject } from '../source/json.ts';
import { camelCase, shortened, wordsOf } from './node-words.ts';

/** What is told of one transition. */
export interface NodeEvent {
  /** Two with the same key are the same once more. */
  readonly key: string;
  readonly reason: string;
  readonly type: 'Normal' | 'Warning';
  readonly message: string;
}

/** An Event in the API. Times are milliseconds since the epoch. */
export interface CountedEvent {
  readonly event: NodeEvent;
  /** Tells it from others of the same node that began at the same moment. */
  readonly number: number;
  readonly count: number;
  readonly firstTime: number;
  readonly lastTime: number;
}

/**
 * Conditions that nobody is told of by an Event. Those with an effect are told by what becomes of the announcement, with
 * their code, detail and hint; all others are for an operator to act on, but this one, which every rollout of some
 * Service brings and ends, on all lb nodes alike.
 */
const UNTOLD: ReadonlySet<ConditionCode> = new Set(['objects-skipped']);

/** What a transition is told as; undefined where it is not. */
export function eventOf(transition: Transition): NodeEvent | undefined {
  switch (transition.kind) {
    case 'announcement':
      return announcementEvent(transition.announcement, transition.prefixes);
    case 'drain':
      return drainEvent(transition.drain);
    case 'condition-raised':
      return conditionEvent(transition.condition, transition.subject);
    case 'condition-cleared':
      return undefined;
  }
}

/** What the Events of a condition have for a key, whatever its detail. */
export const conditionKey = (code: ConditionCode, subject: string): string => `condition ${code} ${subject}`;

function announcementEvent(now: Announcement, prefixes: readonly string[]): NodeEvent | undefined {
  if (now.state === 'announced') return normal('Announced', `announcing ${prefixes.join(', ')}`);
  const { detail, reason, state } = now;
  // The stages of a drain are told by themselves.
  if (reason === 'draining' || reason === 'starting') return undefined;
  if (reason === 'held-down') return normal('HeldDown', `${state}, and all is well again: ${detail}`);
  const told = { key: `${state} ${reason}`, reason: camelCase(state), message: shortened(wordsOf(reason, detail)) };
  return { ...told, type: reason === 'stopping' ? 'Normal' : 'Warning' };
}

const DRAINS: Readonly<Record<DrainStage, readonly [reason: string, sentence: string]>> = {
  waiting: ['DrainWaiting', 'a drain waits for its turn'],
  deprioritised: ['DrainDeprioritised', 'draining: new connections go to other nodes first'],
  withdrawn: ['DrainWithdrawn', 'draining: withdrawn, waiting for connections to end'],
  drained: ['Drained', 'nothing is left to wait for'],
};

function drainEvent(drain: Drain | undefined): NodeEvent {
  if (drain === undefined) return normal('DrainOver', 'nothing asks for a drain any more');
  const { by, connections, stage } = drain;
  const [reason, sentence] = DRAINS[stage];
  const left = connections === undefined ? '' : `, ${connections} connections`;
  return normal(reason, `${sentence}${left} (asked for by: ${by.join(', ')})`);
}

function conditionEvent(condition: Condition, subject: string): NodeEvent | undefined {
  const { code, detail } = condition;
  if (effectOf(condition) !== 'reports' || UNTOLD.has(code)) return undefined;
  const message = shortened(`${CONDITIONS[code].title}. ${wordsOf(code, detail)}`);
  return { key: conditionKey(code, subject), reason: camelCase(code), type: 'Warning', message };
}

const normal = (reason: string, message: string): NodeEvent => ({
  key: reason,
  reason,
  type: 'Normal',
  message: shortened(message),
});

/** Where the Events of a Node are: an object without a namespace has them in `default` (legacyValidateEvent). */
export const EVENTS_PATH = '/api/v1/namespaces/default/events';

/**
 * A core/v1 Event of a Node, as kubelet makes them: `kubectl describe node` looks for those whose uid is the node's name.
 * Of the two APIs it is this one, as events.k8s.io/v1 lets nothing of an Event change but its series, of which
 * `kubectl get events` of older versions shows neither count nor age; both lead to the same objects.
 */
export function encodeEvent({ event, ...counted }: CountedEvent, node: string): JsonObject {
  const { message, reason, type } = event;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: eventName(node, counted), namespace: 'default' },
    involvedObject: { apiVersion: 'v1', kind: 'Node', name: node, uid: node },
    reason,
    message,
    type,
    source: { component: 'fairlead', host: node },
    reportingComponent: 'fairlead',
    reportingInstance: node,
    count: counted.count,
    firstTimestamp: seconds(counted.firstTime),
    lastTimestamp: seconds(counted.lastTime),
  };
}

/** What another occurrence changes of it. */
export const encodeCount = ({ count, event, lastTime }: CountedEvent): JsonObject => ({
  count,
  lastTimestamp: seconds(lastTime),
  message: event.message,
});

const LONGEST_NODE = 200;

/** As client-go names Events: by what they are about and when they began, so that a repeated POST makes no second one. */
export function eventName(node: string, { firstTime, number }: Pick<CountedEvent, 'firstTime' | 'number'>): string {
  const about = node.slice(0, LONGEST_NODE).replace(/[^a-z0-9]+$/, '');
  return `${about}.fairlead-${firstTime.toString(16)}-${number}`;
}

/** metav1.Time has whole seconds. */
export const seconds = (time: number): string => new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
