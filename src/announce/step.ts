import type { WithdrawReason } from '../model/condition.ts';
import type { Announcement } from '../model/status.ts';

/** What the rest of the agent knows at one moment (milliseconds since the epoch). */
export type AnnouncementEvent =
  | {
      readonly kind: 'verdict';
      readonly at: number;
      /** What the node has yet to prove before it may announce; undefined once all is proven. */
      readonly pending: string | undefined;
      /** The weightiest reason not to announce; undefined where all is well. */
      readonly blocked: { readonly reason: WithdrawReason; readonly detail: string } | undefined;
    }
  | { readonly kind: 'stop'; readonly at: number };

export interface AnnouncementSettings {
  /** How long all has to be well after a withdrawal before announcing again. */
  readonly holdDownMs: number;
}

export const starting = (at: number): Announcement => withdrawn(at, 'starting', 'nothing is proven yet');

/**
 * `starting -> announced <-> withdrawn`. Withdrawing is immediate. The first announcement waits until the node has
 * proven itself; every later one waits out the hold-down, so that a flapping node moves the switch's ECMP set once:
 * a node that returns breaks more established connections than one that leaves.
 */
export function step(state: Announcement, event: AnnouncementEvent, settings: AnnouncementSettings): Announcement {
  if (isFinal(state)) return state;
  if (event.kind === 'stop') return withdrawn(event.at, 'stopping', 'the agent was asked to stop');
  const { at, blocked, pending } = event;
  if (blocked) return block(state, at, blocked.reason, blocked.detail);
  if (state.state === 'announced') return state;
  if (pending !== undefined) return state.reason === 'starting' ? { ...state, detail: pending } : state;
  if (state.reason === 'starting') return { state: 'announced', since: at };
  // A clock that was set back would stretch the hold-down by as much.
  if (state.reason !== 'held-down' || at < state.since) {
    return withdrawn(at, 'held-down', `announcing again in ${settings.holdDownMs} ms`);
  }
  return at - state.since >= settings.holdDownMs ? { state: 'announced', since: at } : state;
}

/** Whether two values say the same but for wording and time. */
export const samePhase = (a: Announcement, b: Announcement): boolean =>
  a.state === 'withdrawn' && b.state === 'withdrawn' ? a.reason === b.reason : a.state === b.state;

const isFinal = (state: Announcement): boolean => state.state === 'withdrawn' && state.reason === 'stopping';

/** While a reason lasts, its time stands and only the detail moves on. */
function block(state: Announcement, at: number, reason: WithdrawReason, detail: string): Announcement {
  if (state.state === 'withdrawn' && state.reason === reason) return { ...state, detail };
  return withdrawn(at, reason, detail);
}

function withdrawn(since: number, reason: WithdrawReason, detail: string): Announcement {
  return { state: 'withdrawn', since, reason, detail };
}
