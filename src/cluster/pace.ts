/** How often a Lease is renewed and the others are read, by how long a Lease holds. In milliseconds. */
export interface Pace {
  /** From one round to the next. */
  readonly periodMs: number;
  /** What has no answer by then has failed. */
  readonly roundMs: number;
  /** The longest that a server may ask for between two attempts. */
  readonly longestRetryAfterMs: number;
}

/** Of two agents each has its renewals and its readings a fifth apart: well within the duration a renewal is seen. */
export const paceOf = (durationMs: number): Pace => ({
  periodMs: durationMs / 5,
  roundMs: durationMs / 3,
  longestRetryAfterMs: 2 * durationMs,
});

/**
 * Until the next round. An agent that waits for the others looks three times as often. Agents that were started at one
 * moment do not go on asking at one moment. `random` is from 0 to 1.
 */
export const nextRound = ({ periodMs }: Pace, waits: boolean, random: number): number =>
  (waits ? periodMs / 3 : periodMs) * (0.9 + 0.2 * random);

/** Until the next attempt after so many failures in a row: soon at first, at most about a period, unless the server asks for more. */
export function retryDelay(failures: number, retryAfterMs: number, random: number, pace: Pace): number {
  const backoff = Math.min(pace.periodMs, (pace.periodMs / 16) * 2 ** Math.min(failures - 1, 30)) * (0.5 + random);
  return Math.max(backoff, Math.min(retryAfterMs, pace.longestRetryAfterMs));
}
