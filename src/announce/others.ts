import type { Announcer, Census } from '../model/census.ts';
import { CONDITIONS, type ConditionCode } from '../model/condition.ts';
import type { Announcement } from '../model/status.ts';

/** A wish to withdraw, and what the others have to do with it. */
export interface Leaving {
  readonly now: Announcement;
  readonly at: number;
  readonly census: Census;
  /** Whether the reason is this node's alone, so that no other is about to leave for the same. */
  readonly alone: boolean;
}

/** `not-yet` passes by itself; what holds a node back is told. */
export type Leave = 'allowed' | 'not-yet' | { readonly heldBack: string };

/**
 * How long a node stays deprioritised before it withdraws for something that others may be about to see as well: where
 * all do, none withdraws, and the switch goes on with all of them.
 */
const SETTLE_MS = 300;

/**
 * Whether a node may withdraw. Only one that is deprioritised and has seen the others after they could see that: so the
 * last ones that leave at the same time see each other and stay.
 */
export function mayWithdraw({ alone, at, census, now }: Leaving, minimumAnnouncers: number): Leave {
  if (minimumAnnouncers === 0) return 'allowed';
  if (!census.known) return { heldBack: `the others are not known: ${census.why}` };
  const count = announcingOf(census.others).length;
  if (count < minimumAnnouncers) {
    return { heldBack: `${count} other nodes announce in full, expected at least ${minimumAnnouncers}` };
  }
  if (now.state !== 'deprioritised' || !census.confirmed) return 'not-yet';
  // A clock that was set back must not keep a node for as long.
  return alone || Math.abs(at - now.since) >= SETTLE_MS ? 'allowed' : 'not-yet';
}

/** Whether another node has the same fault; unknown others are not known to have it. */
export const isShared = (census: Census, fault: ConditionCode): boolean =>
  census.known && census.others.some(({ faults }) => faults.includes(fault));

/** Whether it is known that fewer nodes announce in full than have to. */
export const tooFewAnnounce = (census: Census, minimumAnnouncers: number): boolean =>
  census.known && announcingOf(census.others).length < minimumAnnouncers;

/**
 * Whether this node may leave the network without having been deprioritised before: the others announce, and have seen
 * that they cannot count on it. Of two that leave at the same time, at least one sees the other.
 */
export const othersCarryOn = (census: Census, minimumAnnouncers: number): boolean =>
  minimumAnnouncers === 0 || (census.known && census.confirmed && !tooFewAnnounce(census, minimumAnnouncers));

/** Whether it is known that no other node takes traffic without a fault that asks for its withdrawal. */
export const noneServes = (census: Census): boolean =>
  census.known && !census.others.some(({ faults, state }) => state !== 'withdrawn' && !faults.some(asksForWithdrawal));

const announcingOf = (others: readonly Announcer[]): Announcer[] => others.filter(({ state }) => state === 'announced');

const asksForWithdrawal = (code: ConditionCode): boolean =>
  ['withdraws', 'withdraws-at-once'].includes(CONDITIONS[code].effect);
