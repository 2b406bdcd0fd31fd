import type { DeadmanConfig, Graces } from '../config/config.ts';

/** What is done about the paths of an agent that has fallen silent. */
export type Order = 'deprioritise' | 'withdraw';

/** An agent under watch. All times are milliseconds of one clock that does not jump. */
export interface Watched {
  /** `gone`: its end of the socket was closed without a goodbye, as a crash does, or a handover to the next agent. */
  readonly agent: 'beating' | 'gone';
  readonly connection: number;
  readonly firstBeatAt: number;
  readonly lastBeatAt: number;
  /** When an earlier agent was last heard of whose silence this one has not outlived; undefined where there is none. */
  readonly silentSince: number | undefined;
  /** What its silence has led to so far. */
  readonly done: Order | undefined;
}

/**
 * Undefined while there is nobody to watch: before the first beat, since gobgpd starts without a path and only an agent
 * gives it one, and after a goodbye, since then it holds none any more.
 */
export type Watch = Watched | undefined;

export type WatchEvent =
  | { readonly kind: 'beat'; readonly connection: number; readonly at: number }
  /** The goodbye of an agent that has withdrawn everything itself. */
  | { readonly kind: 'goodbye'; readonly connection: number }
  | { readonly kind: 'closed'; readonly connection: number }
  /** The time that `dueAt` named has come, some milliseconds late. */
  | { readonly kind: 'due'; readonly at: number; readonly late: number };

export interface Judgement {
  readonly watch: Watch;
  /** To be carried out now. */
  readonly order?: Order;
}

type Limits = Pick<DeadmanConfig, 'crash' | 'hang'>;

/** A watchman that wakes up this late was stopped himself, most likely together with the agent: the node was starved or paused. */
export const OVERSLEPT_MS = 1000;

/**
 * The dead man's switch: what a sign of life, the lack of one, or the end of the agent's process means.
 *
 * A life that ends before it has lasted for `crash.deprioritise` does not end a silence: the graces of an agent that
 * crashes again and again are counted from the first of its crashes on. While it is that short, a pause is none either before
 * those graces are over: an agent that comes up has much to do at once.
 */
export function step(watch: Watch, event: WatchEvent, limits: Limits): Judgement {
  switch (event.kind) {
    case 'beat':
      return { watch: alive(watch, event.connection, event.at, limits.crash.deprioritiseMs) };
    case 'goodbye':
      return { watch: watch?.connection === event.connection ? undefined : watch };
    case 'closed':
      return { watch: watch?.connection === event.connection ? { ...watch, agent: 'gone' } : watch };
    case 'due':
      return judge(watch, event.at, event.late, limits);
  }
}

/** When `step` wants to be asked with a `due` event, unless another event comes first; undefined for never. */
export function dueAt(watch: Watch, limits: Limits): number | undefined {
  if (watch === undefined || watch.done === 'withdraw') return undefined;
  return timeOf(watch.done === undefined ? 'deprioritiseMs' : 'withdrawMs', watch, limits);
}

function alive(watch: Watch, connection: number, at: number, grace: number): Watched {
  const beating = watch?.agent === 'beating' ? watch : undefined;
  const firstBeatAt = beating?.firstBeatAt ?? at;
  const earlier = beating ? beating.silentSince : watch && (watch.silentSince ?? watch.lastBeatAt);
  const silentSince = at - firstBeatAt >= grace ? undefined : earlier;
  return { agent: 'beating', connection, firstBeatAt, lastBeatAt: at, silentSince, done: undefined };
}

function judge(watch: Watch, at: number, late: number, limits: Limits): Judgement {
  const due = dueAt(watch, limits);
  if (watch === undefined || due === undefined || at < due) return { watch };
  // The end of a process is a fact; silence is one only to somebody who was awake to listen.
  if (watch.agent === 'beating' && late > OVERSLEPT_MS) return { watch: { ...watch, lastBeatAt: at } };
  const order = at >= timeOf('withdrawMs', watch, limits) ? 'withdraw' : 'deprioritise';
  return { watch: { ...watch, done: order }, order };
}

/** When a grace is over. */
function timeOf(grace: keyof Graces, watch: Watched, { crash, hang }: Limits): number {
  const { agent, lastBeatAt, silentSince } = watch;
  if (agent === 'gone') return (silentSince ?? lastBeatAt) + crash[grace];
  return Math.max(lastBeatAt + hang[grace], silentSince === undefined ? 0 : silentSince + crash[grace]);
}
