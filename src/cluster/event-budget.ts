import type { CountedEvent, NodeEvent } from './node-event.ts';

/** One moment by two clocks: how long ago it was, and what is written down of it. Both in milliseconds. */
export interface Moment {
  /** By a clock that nobody sets. */
  readonly at: number;
  /** Since the epoch. */
  readonly time: number;
}

/** An Event, as it should be in the API and as it is. */
export interface Tally extends CountedEvent {
  /** When it happened last, as `at` of a moment. */
  readonly lastAt: number;
  /** The count that the API has. */
  readonly written: number;
  /** Whether the API has the Event at all. */
  readonly exists: boolean;
}

/** What has happened of late, and how much of it may be told. */
export interface Budget {
  readonly tokens: number;
  /** When there were that many. */
  readonly filledAt: number;
  /** How many Events there have been. */
  readonly made: number;
  /** By key; what happened last comes last. */
  readonly tallies: ReadonlyMap<string, Tally>;
}

/** Like the spam filter of client-go (tools/record/events_cache.go), with its burst; that one has a new token every 5 min. */
export const BURST = 25;
export const TOKEN_EVERY_MS = 30_000;
/** What happens again within this time is counted, and what has not been told by then never is: it is no news. */
export const WINDOW_MS = 600_000;
/** Events that are remembered; the oldest have to go. */
export const REMEMBERED = 50;

export const fullBudget = (at: number): Budget => ({ tokens: BURST, filledAt: at, made: 0, tallies: new Map() });

/** The budget after something has happened. */
export function record(budget: Budget, event: NodeEvent, { at, time }: Moment): Budget {
  const tallies = new Map([...budget.tallies].filter(([, one]) => isFresh(one, at)));
  const before = tallies.get(event.key);
  const number = budget.made;
  const begun = { number, count: 0, firstTime: time, written: 0, exists: false };
  const tally = { ...(before ?? begun), event, lastTime: time, lastAt: at };
  tallies.delete(event.key);
  tallies.set(event.key, { ...tally, count: tally.count + 1 });
  const [oldest = ''] = tallies.keys();
  if (tallies.size > REMEMBERED) tallies.delete(oldest);
  return { ...budget, made: before ? number : number + 1, tallies };
}

/** The Event to be written next, and how long to wait for that; undefined where there is none. The unheard of come first. */
export function nextEvent(budget: Budget, at: number): { readonly tally: Tally; readonly waitMs: number } | undefined {
  const open = [...budget.tallies.values()].filter((one) => one.count > one.written && isFresh(one, at));
  const tally = open.find(({ exists }) => !exists) ?? open[0];
  if (tally === undefined) return undefined;
  return { tally, waitMs: Math.max(0, Math.ceil((1 - tokensAt(budget, at)) * TOKEN_EVERY_MS)) };
}

/** The budget once the API has the Event as it was in the tally. */
export function written(budget: Budget, { event, count }: Tally, at: number): Budget {
  const paid = { ...budget, tokens: tokensAt(budget, at) - 1, filledAt: at };
  return change(paid, event.key, (now) => ({ ...now, written: count, exists: true }));
}

/** The budget once the API has said whether it has the Event. */
export const known = (budget: Budget, { event }: Tally, exists: boolean): Budget =>
  change(budget, event.key, (now) => ({ ...now, exists }));

/** The budget once what has not been told yet need not be told any more. */
export const dismiss = (budget: Budget, key: string): Budget =>
  change(budget, key, (now) => ({ ...now, count: now.written }));

function change(budget: Budget, key: string, to: (now: Tally) => Tally): Budget {
  const now = budget.tallies.get(key);
  return now === undefined ? budget : { ...budget, tallies: new Map(budget.tallies).set(key, to(now)) };
}

const isFresh = ({ lastAt }: Tally, at: number): boolean => at - lastAt < WINDOW_MS;

const tokensAt = ({ filledAt, tokens }: Budget, at: number): number =>
  Math.min(BURST, tokens + (at - filledAt) / TOKEN_EVERY_MS);
