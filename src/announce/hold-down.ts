import type { Announcement } from '../model/status.ts';

export interface HoldDown {
  /** How long all has to be well again before a node announces in full, in milliseconds: after the first fault. */
  readonly holdDownMs: number;
  /** The longest it gets. What was announced for longer than that without a fault is steady, and its past forgotten. */
  readonly maxHoldDownMs: number;
}

/**
 * Twice as long with each flap. RFC 2439 damping, where a network has it, punishes whoever announces anew too often, and
 * each time moves the flows of other nodes as well.
 */
export const holdDownOf = (flaps: number, { holdDownMs, maxHoldDownMs }: HoldDown): number =>
  Math.min(holdDownMs * 2 ** Math.min(Math.max(flaps - 1, 0), 32), Math.max(holdDownMs, maxHoldDownMs));

/** The flaps after one more change of the announcement: those of a full one that a fault took back. */
export function countFlap(flaps: number, before: Announcement, now: Announcement, { maxHoldDownMs }: HoldDown): number {
  if (before.state !== 'announced' || now.state === 'announced') return flaps;
  if (now.reason === 'draining' || now.reason === 'stopping') return flaps;
  return now.since - before.since > maxHoldDownMs ? 1 : flaps + 1;
}
