import type { Announcer } from '../model/census.ts';
import type { NodeTurn } from '../model/drain.ts';
import type { Lease } from './lease.ts';

/** What one reading of all Leases has shown. */
export interface Reading {
  /** Two moments of our own clock: what was written before the first is in the reading, after the second is not. */
  readonly asOf: number;
  readonly until: number;
  /** The Leases of the others. */
  readonly leases: readonly Lease[];
}

/** What is known of one other Lease. Times are of our own clock; what the others write by theirs is never compared. */
export interface Sight {
  readonly lease: Lease;
  /** What comes after this renewal comes after this moment: the latest of which a reading showed it as the last one. */
  readonly lastAt: number;
  /** The renewal was made after this moment; undefined of the first one that was seen. */
  readonly renewedAfter: number | undefined;
  /** The renewal was made before this moment. */
  readonly renewedBefore: number;
}

/** By the name of the Lease. */
export type Sights = ReadonlyMap<string, Sight>;

/** What is known after one more reading. A Lease that is gone is forgotten at once. */
export function look(before: Sights, reading: Reading): Sights {
  return new Map(reading.leases.map((lease) => [lease.name, sight(before.get(lease.name), lease, reading)]));
}

function sight(before: Sight | undefined, lease: Lease, { asOf, until }: Reading): Sight {
  if (before?.lease.renewTime === lease.renewTime) return { ...before, lease, lastAt: asOf };
  return { lease, lastAt: asOf, renewedAfter: before?.lastAt, renewedBefore: until };
}

/**
 * The others that count at a moment. What would let this node leave has to be certain, what would keep it need only be
 * possible, for a node that counts too few stays, and one that counts too many may be the last to go:
 *
 * - one that says `announced` counts while its last renewal is certainly younger than the duration. So a Lease that is
 *   seen for the first time does not count before it was seen renewed: its agent may be dead for days. Neither does
 *   one that was renewed while we could not read, until the next renewal.
 * - any other counts while its last renewal may be younger than that.
 *
 * As in client-go's leader election a Lease ages by our own clock from what we have seen, and `renewTime` is compared
 * with nothing but its own last value: clocks of nodes differ. Of two durations the shorter one is taken.
 */
export function announcersAt(sights: Sights, now: number, durationMs: number): Announcer[] {
  return [...sights.values()].filter((one) => counts(one, now, durationMs)).map(({ lease }) => lease.announcer);
}

function counts({ lease, renewedAfter, renewedBefore }: Sight, now: number, durationMs: number): boolean {
  const since = lease.announcer.state === 'announced' ? renewedAfter : renewedBefore;
  return since !== undefined && now - since < Math.min(durationMs, lease.durationMs);
}

/** How long the turn of a node counts that is not heard of any more: as long as a reboot with all its checks may take. */
export const AWAY_MS = 3_600_000;

/**
 * The turns of the others at a moment. A node that went while it drained is away for its maintenance, or had begun to
 * leave: it counts for an hour more. One that only waited may not hold the others up. As above, what keeps this node need
 * only be possible; and a turn counts for as long as its own node counts on it, whatever our own duration is.
 */
export function turnsAt(sights: Sights, now: number): NodeTurn[] {
  return [...sights.values()].flatMap(({ lease, renewedBefore }) => {
    const { node, turn } = lease.announcer;
    const holdsMs = lease.durationMs + (turn?.step === 'waits' ? 0 : AWAY_MS);
    return turn && now - renewedBefore < holdsMs ? [{ node, ...turn }] : [];
  });
}
