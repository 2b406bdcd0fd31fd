import type { Moment } from './event-budget.ts';
import type { Shown, Since } from './node-condition.ts';

/** What the Node is to say, and what it was last made to say. `at` is by a clock that nobody sets. */
export interface Saying {
  readonly wanted: Shown;
  /** Since when the status is that, in milliseconds since the epoch. */
  readonly since: number;
  /** Since when status or reason are not what the Node says. */
  readonly differsAt: number;
  readonly written: { readonly shown: Shown; readonly since: number; readonly at: number } | undefined;
}

/** So long after a change, for one often brings the next: decided first, told to a switch a moment later. */
export const SETTLE_MS = 1000;
/** An agent that takes over at once has nothing to say of its start. */
export const STARTING_MS = 10_000;
/** Every controller that watches Nodes is sent each change, so they have to be few, whatever flaps. */
export const CHANGE_EVERY_MS = 5000;
export const REWORD_EVERY_MS = 60_000;
/** As often as kubelet says what has not changed (nodeStatusReportFrequency). */
export const HEARTBEAT_MS = 300_000;

/** What the Node is to say from now on. */
export function want(before: Saying | undefined, shown: Shown, { at, time }: Moment): Saying {
  if (before === undefined) return { wanted: shown, since: time, differsAt: at, written: undefined };
  const { differsAt, wanted, written } = before;
  const agreed = written !== undefined && isSameKind(written.shown, wanted);
  return { wanted: shown, since: sinceOf(before, shown, time), differsAt: agreed ? at : differsAt, written };
}

/** What the Node was never told has not changed for it. */
function sinceOf({ since, wanted, written }: Saying, { status }: Shown, time: number): number {
  if (wanted.status === status) return since;
  return written?.shown.status === status ? written.since : time;
}

/** Once it is known what an agent before this one has left: a status that is the same has not changed meanwhile. */
export const inherit = (saying: Saying, found: Since | undefined): Saying =>
  found?.status === saying.wanted.status ? { ...saying, since: found.since } : saying;

/** Once the Node says what it was to say then. */
export const said = (saying: Saying, { since, wanted }: Saying, at: number): Saying => ({
  ...saying,
  differsAt: at,
  written: { shown: wanted, since, at },
});

/** How long to wait before the Node is made to say it. @param isLast whether there will be no later moment */
export function untilSaid(saying: Saying, at: number, isLast: boolean): number {
  const { differsAt, wanted, written } = saying;
  const isStarting = wanted.reason === 'Starting';
  if (isLast) return isStarting || (written && isSame(written.shown, wanted)) ? Number.POSITIVE_INFINITY : 0;
  const settled = differsAt + (isStarting ? STARTING_MS : SETTLE_MS);
  if (written === undefined) return Math.max(0, settled - at);
  if (!isSameKind(written.shown, wanted)) return Math.max(0, settled - at, written.at + CHANGE_EVERY_MS - at);
  const every = isSame(written.shown, wanted) ? HEARTBEAT_MS : REWORD_EVERY_MS;
  return Math.max(0, written.at + every - at);
}

const isSameKind = (a: Shown, b: Shown): boolean => a.status === b.status && a.reason === b.reason;

const isSame = (a: Shown, b: Shown): boolean => isSameKind(a, b) && a.message === b.message;
