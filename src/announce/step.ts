import type { Census } from '../model/census.ts';
import type { ConditionCode, Effect, Reason } from '../model/condition.ts';
import type { Announcement } from '../model/status.ts';
import { countFlap, type HoldDown, holdDownOf } from './hold-down.ts';
import { isShared, type Leave, mayWithdraw, noneServes, tooFewAnnounce } from './others.ts';

/** The weightiest condition that has an effect. */
export interface Fault {
  readonly effect: Exclude<Effect, 'reports'>;
  readonly reason: ConditionCode;
  readonly detail: string;
}

/** What the rest of the agent knows at one moment (milliseconds since the epoch). */
export interface Verdict {
  readonly kind: 'verdict';
  readonly at: number;
  /** What the node has yet to prove before it may announce; undefined once all is proven. */
  readonly pending: string | undefined;
  /** Undefined where all is well. */
  readonly fault: Fault | undefined;
  readonly census: Census;
  /** How far a drain has come. */
  readonly drain: 'none' | 'deprioritise' | 'withdraw';
  /** Whether gobgpd holds paths of ours, as an earlier agent may have left them. */
  readonly held: boolean;
}

export type AnnouncementEvent = Verdict | { readonly kind: 'stop'; readonly at: number };

export interface AnnouncementSettings extends HoldDown {
  /** How many other nodes have to announce in full before this one may withdraw; 0 where nobody is asked. */
  readonly minimumAnnouncers: number;
}

/** The announcement, and what the next decision about it depends on. */
export interface Decision {
  readonly announcement: Announcement;
  /** What the announcement was before, the oldest first. */
  readonly history: readonly Announcement[];
  /** How often a full announcement was taken back of late. */
  readonly flaps: number;
  /** Whether this node has ever earned an announcement. */
  readonly proven: boolean;
  /** Why a withdrawal that is asked for is put off. */
  readonly heldBack: string | undefined;
}

/** Announcements remembered beside the present one. */
const HISTORY = 32;

export const starting = (at: number): Decision => ({
  announcement: { state: 'withdrawn', since: at, reason: 'starting', detail: 'nothing is proven yet' },
  history: [],
  flaps: 0,
  proven: false,
  heldBack: undefined,
});

/**
 * `starting -> announced <-> deprioritised <-> withdrawn`. What takes traffic away is immediate: a fault deprioritises, which
 * moves traffic to the other nodes as fast as a withdrawal does, and a withdrawal follows where the others allow it. The
 * first announcement waits until the node has proven itself; every later one waits out the hold-down, so that a flapping
 * node moves the switch's ECMP set once: a node that returns breaks more established connections than one that leaves.
 */
export function step(decision: Decision, event: AnnouncementEvent, settings: AnnouncementSettings): Decision {
  const before = decision.announcement;
  if (reasonOf(before) === 'stopping') return decision;
  const next = change({ ...decision, heldBack: undefined }, event, settings);
  return { ...next, flaps: countFlap(next.flaps, before, next.announcement, settings) };
}

/** Whether two values say the same but for wording and time. */
export const samePhase = (a: Announcement, b: Announcement): boolean =>
  a.state === b.state && reasonOf(a) === reasonOf(b);

const reasonOf = (now: Announcement): Reason | undefined => (now.state === 'announced' ? undefined : now.reason);

function change(decision: Decision, event: AnnouncementEvent, settings: AnnouncementSettings): Decision {
  if (event.kind === 'stop') return become(decision, 'withdrawn', event.at, 'stopping', 'the agent was asked to stop');
  const { drain, fault } = event;
  if (fault && (drain === 'none' || fault.effect !== 'deprioritises')) return faulty(decision, event, fault, settings);
  return drain === 'none' ? well(decision, event, settings) : draining(decision, event, settings);
}

function faulty(decision: Decision, event: Verdict, fault: Fault, settings: AnnouncementSettings): Decision {
  const { announcement } = decision;
  const { detail, effect, reason } = fault;
  const soft = effect === 'deprioritises';
  if (reasonOf(announcement) === 'starting' && !event.held) {
    // Nothing is announced, and a fault is no reason to begin.
    if (soft && event.pending !== undefined) return decision;
    return become(decision, soft ? 'deprioritised' : 'withdrawn', event.at, reason, detail);
  }
  if (announcement.state === 'withdrawn' && reasonOf(announcement) !== 'starting') {
    const back = event.drain === 'none' && returns(decision, event, fault, settings);
    return become(decision, back ? 'deprioritised' : 'withdrawn', event.at, reason, detail);
  }
  const { at, census } = event;
  const alone = effect === 'withdraws-at-once' && !isShared(census, reason);
  const leave = soft ? 'not-yet' : mayWithdraw({ now: announcement, at, census, alone }, settings.minimumAnnouncers);
  return take(decision, leave, at, reason, detail);
}

/**
 * Whether a withdrawn node comes back in spite of a fault: with one that lets it serve, or where no node is left that
 * serves better. One that is certain to fail stays away.
 */
function returns(
  { proven }: Decision,
  { census, pending }: Verdict,
  { effect }: Fault,
  settings: AnnouncementSettings,
) {
  if (effect === 'deprioritises') return pending === undefined;
  if (effect === 'withdraws-at-once' || !proven) return false;
  return tooFewAnnounce(census, settings.minimumAnnouncers) && noneServes(census);
}

function draining(decision: Decision, event: Verdict, settings: AnnouncementSettings): Decision {
  const { announcement: now } = decision;
  const { at, census, drain, held } = event;
  const detail = 'asked to hand the traffic over';
  const announcesNothing = now.state === 'withdrawn' && !(reasonOf(now) === 'starting' && held);
  if (announcesNothing) return become(decision, 'withdrawn', at, 'draining', detail);
  const leaving = { now, at, census, alone: true };
  const leave = drain === 'withdraw' ? mayWithdraw(leaving, settings.minimumAnnouncers) : 'not-yet';
  return take(decision, leave, at, 'draining', detail);
}

function well(decision: Decision, { at, census, pending }: Verdict, settings: AnnouncementSettings): Decision {
  const { announcement, flaps } = decision;
  if (announcement.state === 'announced') return decision;
  const { reason, since, state } = announcement;
  if (pending !== undefined) {
    return reason === 'starting' ? { ...decision, announcement: { ...announcement, detail: pending } } : decision;
  }
  if (reason === 'starting' || reason === 'draining') return announce(decision, at);
  const wait = holdDownOf(flaps, settings);
  // A clock that was set back would stretch the hold-down by as much.
  if (reason !== 'held-down' || at < since) {
    const now = { state, since: at, reason: 'held-down', detail: `announcing in full again in ${wait} ms` } as const;
    return turn(decision, now);
  }
  return at - since >= wait || tooFewAnnounce(census, settings.minimumAnnouncers) ? announce(decision, at) : decision;
}

const announce = (decision: Decision, at: number): Decision =>
  turn({ ...decision, proven: true }, { state: 'announced', since: at });

/** Withdraws where that is allowed, and deprioritises where it is not. */
function take(decision: Decision, leave: Leave, at: number, reason: Reason, detail: string): Decision {
  const next = become(decision, leave === 'allowed' ? 'withdrawn' : 'deprioritised', at, reason, detail);
  return typeof leave === 'object' ? { ...next, heldBack: leave.heldBack } : next;
}

/** While a reason lasts, its time stands and only the detail moves on. */
function become(
  decision: Decision,
  state: 'deprioritised' | 'withdrawn',
  at: number,
  reason: Reason,
  detail: string,
): Decision {
  const before = decision.announcement;
  const now = { state, since: at, reason, detail };
  if (samePhase(before, now)) return { ...decision, announcement: { ...now, since: before.since } };
  return turn(decision, now);
}

const turn = (decision: Decision, announcement: Announcement): Decision => ({
  ...decision,
  announcement,
  history: [...decision.history, decision.announcement].slice(-HISTORY),
});
