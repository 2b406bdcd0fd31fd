import { type Cadence, type CheckState, isSettled } from './check.ts';

/**
 * How long to wait after a run that took so long. Intervals are counted from begin to begin, so that a check that hangs
 * until its timeout comes round no less often than one that fails at once.
 */
export function nextDelay(state: Pick<CheckState, 'health' | 'lastOk'>, cadence: Cadence, tookMs: number): number {
  const { fastIntervalMs, intervalMs } = cadence;
  const wait = isSettled(state) ? intervalMs : Math.min(fastIntervalMs, intervalMs);
  return Math.max(wait - tookMs, 0);
}

/**
 * How long to wait before the first run. Nodes that start together, as after a power cut, would else probe the same pods
 * in step for ever.
 *
 * @param random from 0 to 1
 */
export const firstDelay = (splayMs: number, random: number): number => Math.round(splayMs * random);
