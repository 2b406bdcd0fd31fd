import type { Census } from '../model/census.ts';
import {
  type Connections,
  type Drain,
  type DrainOrder,
  type DrainStage,
  EXCLUDE_LABEL,
  type NodeMarks,
} from '../model/drain.ts';
import type { AnnouncementState } from '../model/status.ts';
import { type Queue, stepTurn, turnAwaited } from './turn.ts';

export interface DrainSettings {
  /** How long a drain may take that was not ordered with a time of its own. */
  readonly timeoutMs: number;
  /** The longest time to watch traffic fall before the withdrawal. */
  readonly settleMs: number;
  /** Whether the label node.kubernetes.io/exclude-from-external-load-balancers asks for a drain. */
  readonly excludeLabel: 'ignore' | 'honour';
  /** Keys of taints that ask for one. */
  readonly taints: readonly string[];
  /** How many nodes may drain at once; 0 where nobody is asked. */
  readonly maxDraining: number;
}

/** What asks for a drain. */
export interface DrainRequest {
  readonly by: readonly string[];
  /** Undefined where the Node alone asks, which does not say since when. */
  readonly order: GivenOrder | undefined;
}

/** An order, and whether it was given because the process ends anyway. */
export interface GivenOrder extends DrainOrder {
  readonly untilExit: boolean;
}

/** A drain, and what has been seen of the traffic. */
export interface DrainState extends Drain {
  readonly traffic: Traffic;
}

interface Traffic {
  /** The counter of connections when it was read last. */
  readonly opened: number | undefined;
  /** Since when next to none has been opened; undefined before the first reading. */
  readonly quietSince: number | undefined;
  /** The counter of packets when it was read last, and since when it has stood still. */
  readonly received: number | undefined;
  readonly silentSince: number | undefined;
  /** Whether new connections have ended, or have been waited for long enough. */
  readonly fallen: boolean;
}

/** What is known at one moment (milliseconds since the epoch). */
export interface DrainEvent {
  readonly at: number;
  /** `unknown`: nobody can say at the moment, and what is under way goes on. */
  readonly request: DrainRequest | 'unknown' | undefined;
  /** `starting`: what an earlier agent announces may still stand. */
  readonly announcement: AnnouncementState | 'starting';
  /** Whether anything is announced that a drain would take away. */
  readonly announces: boolean | 'unknown';
  readonly node: string;
  readonly census: Census;
  /** What was just read of the connections; undefined where nothing was. */
  readonly connections: Connections | undefined;
  /** Why a withdrawal that was asked for is put off. */
  readonly heldBack: string | undefined;
}

/** What a drain wants of the announcement: nothing before its turn. The census has its say about a withdrawal. */
export type DrainWish = 'none' | 'wait' | 'deprioritise' | 'withdraw';

/** The kernel's counters move every two seconds (net/netfilter/ipvs/ip_vs_est.c): quiet is what two ticks show. */
const QUIET_MS = 5000;
/** New connections in one reading that still count as none: somebody's own checks of a virtual server. */
const NEAR_ZERO = 2;
/** A client that waits for an answer asks again sooner (RFC 6298), two ticks of the counters included. */
const SILENT_MS = 10_000;
/** A switch takes its time, and a handshake is no active connection yet. */
const LEAST_WITHDRAWN_MS = 2000;

/**
 * What asks for a drain; undefined where nothing does. Cordoning alone (spec.unschedulable) asks for none: it says
 * where pods may go, and MetalLB took clusters off the network by it (metallb#2470, taken back in #2715).
 *
 * @param marks undefined where the Node could not be read
 * @returns `unknown` where only the Node could tell
 */
export function drainRequest(
  order: GivenOrder | undefined,
  marks: NodeMarks | undefined,
  { excludeLabel, taints }: DrainSettings,
): DrainEvent['request'] {
  if (order === undefined && marks === undefined) return 'unknown';
  const by = [
    ...(order ? [ORDER] : []),
    ...(marks?.drain ? ['annotation fairlead.io/drain'] : []),
    ...(marks?.excluded && excludeLabel === 'honour' ? [`label ${EXCLUDE_LABEL}`] : []),
    ...taints.filter((key) => marks?.taints.includes(key)).map((key) => `taint ${key}`),
  ];
  return by.length === 0 ? undefined : { by, order };
}

/** In `by`: what was ordered, and not what the Node says. */
export const ORDER = 'order';

/**
 * `none -> waiting -> deprioritised -> withdrawn -> drained`, and back to none as soon as nothing asks for it. Each stage
 * lasts until what it waits for is seen: it is its turn, new connections end, the announcement is withdrawn, active
 * connections end.
 */
export function stepDrain(
  state: DrainState | undefined,
  event: DrainEvent,
  settings: DrainSettings,
): DrainState | undefined {
  const wanted = asked(state, event, settings);
  if (wanted === undefined) return undefined;
  const queued = inTurn(wanted, event, settings);
  if (queued.stage === 'waiting') return queued;
  const now = looked(queued, event, settings);
  return { ...now, waiting: waitingFor(now, event.heldBack) };
}

/** What of a drain outlives the agent. */
export type KeptDrain = Omit<Drain, 'connections' | 'silent' | 'waiting'>;

/** A drain that an earlier agent had begun: it stands in the queue where it stood, or has its turn still. */
export function resumed(kept: KeptDrain): DrainState {
  const turn = kept.turn ?? { step: kept.stage === 'waiting' ? 'waits' : 'drains', number: 0 };
  return { ...kept, turn, silent: false, waiting: '', traffic: UNSEEN };
}

export function drainWish(state: DrainState | undefined): DrainWish {
  if (state === undefined) return 'none';
  if (state.stage === 'waiting') return 'wait';
  return state.stage === 'deprioritised' && !state.traffic.fallen ? 'deprioritise' : 'withdraw';
}

const UNSEEN: Traffic = {
  opened: undefined,
  quietSince: undefined,
  received: undefined,
  silentSince: undefined,
  fallen: false,
};

/** The state with what asks for it now; undefined where nothing does. */
function asked(
  state: DrainState | undefined,
  { at, request }: DrainEvent,
  settings: DrainSettings,
): DrainState | undefined {
  // Without an order there is still what the Node said when it was last read.
  const by = request === 'unknown' ? (state?.by.filter((one) => one !== ORDER) ?? []) : (request?.by ?? []);
  if (by.length === 0) return undefined;
  const before = state ?? begun(at);
  const deadline = request === 'unknown' ? before.deadline : deadlineOf(before, request?.order, settings);
  // A clock that was set back would stretch the stage by as much.
  return { ...before, by, deadline, startedAt: Math.min(before.startedAt, at), since: Math.min(before.since, at) };
}

const begun = (at: number): DrainState => ({
  stage: 'waiting',
  by: [],
  startedAt: at,
  since: at,
  deadline: at,
  silent: false,
  waiting: '',
  turn: undefined,
  took: {},
  traffic: UNSEEN,
});

/** The time of an order begins with it, and that of a Node with what is seen of it; neither before its turn. */
function deadlineOf(
  { startedAt, took }: DrainState,
  order: GivenOrder | undefined,
  { timeoutMs }: DrainSettings,
): number {
  if (order === undefined) return startedAt + (took.waiting ?? 0) + timeoutMs;
  const beganAt = took.waiting ? startedAt + took.waiting : order.at;
  return Math.max(order.at, beganAt) + order.timeoutMs;
}

/** The state in or behind its turn. */
function inTurn(state: DrainState, event: DrainEvent, settings: DrainSettings): DrainState {
  if (state.stage !== 'waiting') return state;
  if (event.announces === 'unknown') return { ...state, waiting: 'what is announced to be known' };
  const { at, census, node } = event;
  const queue: Queue = { node, census, maxDraining: settings.maxDraining, exempt: isExempt(state, event) };
  const turn = stepTurn(state.turn, queue);
  if (turn?.step !== 'drains') return { ...state, turn, waiting: turnAwaited(turn, queue) };
  const gone = onTo('deprioritised', { ...state, turn }, at);
  // What was waited is not taken off the time.
  return { ...gone, deadline: gone.deadline + at - state.since };
}

/**
 * Whether a drain takes nothing away that the others would have to carry, or cannot be put off. A node that announces
 * nothing stays away, unless it is the restart of its agent alone that has withdrawn it while it waited.
 */
function isExempt({ turn }: DrainState, { announcement, announces, request }: DrainEvent): boolean {
  const untilExit = typeof request === 'object' && request.order?.untilExit === true;
  const interrupted = announcement === 'starting' && turn !== undefined;
  return untilExit || (announces === false && !interrupted);
}

/** The state with what is seen now. */
function looked(state: DrainState, event: DrainEvent, settings: DrainSettings): DrainState {
  const { announcement, at, connections } = event;
  const seen = connections ? { ...state, connections: connections.active } : state;
  if (announcement === 'starting') return seen;
  const traffic = watch(seen, event, settings);
  // Only a reading of now says that nothing has moved.
  const silent = connections ? lasted(traffic.silentSince, SILENT_MS, at) : state.silent;
  const watched = { ...seen, traffic, silent };
  if (announcement !== 'withdrawn') return state.stage === 'deprioritised' ? watched : back(watched, at);
  const gone = state.stage === 'deprioritised' ? onTo('withdrawn', watched, at) : watched;
  const over = isOver(gone, connections, at);
  if (over && gone.stage === 'withdrawn') return onTo('drained', gone, at);
  // A later deadline was asked for.
  return !over && gone.stage === 'drained' && gone.connections !== 0 && !gone.silent
    ? { ...gone, stage: 'withdrawn' }
    : gone;
}

/** Whether nothing is left to wait for. Only a reading of now tells that no connection is. */
function isOver(state: DrainState, connections: Connections | undefined, at: number): boolean {
  if (at >= state.deadline) return true;
  if (state.stage !== 'withdrawn' || at - state.since < LEAST_WITHDRAWN_MS) return false;
  return connections?.active === 0 || state.silent;
}

const onTo = (stage: DrainStage, state: DrainState, at: number): DrainState => ({
  ...state,
  stage,
  since: at,
  took: { ...state.took, [state.stage]: at - state.since },
});

/** Announced again behind the withdrawal: not by this drain, but by it to be ended. */
const back = (state: DrainState, at: number): DrainState => ({
  ...state,
  stage: 'deprioritised',
  since: at,
  took: {},
  traffic: { ...state.traffic, fallen: true },
});

function watch({ since, traffic }: DrainState, { at, connections }: DrainEvent, { settleMs }: DrainSettings): Traffic {
  const read = connections ? counted(traffic, connections, at) : traffic;
  const quiet = connections !== undefined && lasted(read.quietSince, QUIET_MS, at);
  return { ...read, fallen: read.fallen || quiet || at - since >= settleMs };
}

const lasted = (since: number | undefined, ms: number, at: number): boolean => since !== undefined && at - since >= ms;

function counted(before: Traffic, { opened, received }: Connections, at: number): Traffic {
  const more = opened - (before.opened ?? opened);
  const since = (lasts: boolean, then: number | undefined) => (lasts ? Math.min(then ?? at, at) : at);
  return {
    ...before,
    opened,
    quietSince: since(more >= 0 && more <= NEAR_ZERO, before.quietSince),
    received,
    silentSince: since(received === (before.received ?? received), before.silentSince),
  };
}

function waitingFor({ connections, stage, traffic }: DrainState, heldBack: string | undefined): string {
  if (stage === 'drained') return '';
  if (stage === 'deprioritised' && !traffic.fallen) return 'new connections to end';
  if (stage === 'deprioritised') return heldBack === undefined ? 'the withdrawal' : `the withdrawal: ${heldBack}`;
  return connections === undefined
    ? 'the deadline: connections cannot be counted'
    : `${connections} connections to end`;
}
