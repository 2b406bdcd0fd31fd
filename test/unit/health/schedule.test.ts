import { describe, expect, test } from 'vitest';
import { type Cadence, type CheckState, stepCheck, type Thresholds, undecided } from '../../../src/health/check.ts';
import { firstDelay, nextDelay } from '../../../src/health/schedule.ts';

const CADENCE: Cadence = { intervalMs: 500, fastIntervalMs: 200 };
type State = Pick<CheckState, 'health' | 'lastOk'>;

test.each<[what: string, state: State, tookMs: number, delay: number]>([
  ['healthy and good', { health: 'healthy', lastOk: true }, 0, 500],
  ['unhealthy and bad', { health: 'unhealthy', lastOk: false }, 0, 500],
  ['never run', { health: 'undecided', lastOk: undefined }, 0, 200],
  ['undecided, good so far', { health: 'undecided', lastOk: true }, 0, 200],
  ['undecided, bad so far', { health: 'undecided', lastOk: false }, 0, 200],
  ['healthy, on the way down', { health: 'healthy', lastOk: false }, 0, 200],
  ['unhealthy, on the way up', { health: 'unhealthy', lastOk: true }, 0, 200],
  ['a run that took a part of the interval', { health: 'healthy', lastOk: true }, 120, 380],
  ['a run that took longer than the fast interval', { health: 'healthy', lastOk: false }, 500, 0],
])('%s: the next run', (_, state, tookMs, delay) => {
  expect(nextDelay(state, CADENCE, tookMs)).toBe(delay);
});

test('a fast interval that is the longer one does not slow a check down', () => {
  const cadence = { intervalMs: 100, fastIntervalMs: 200 };
  expect(nextDelay({ health: 'healthy', lastOk: false }, cadence, 0)).toBe(100);
});

test.each([
  [0, 0],
  [0.25, 250],
  [0.9999, 1000],
])('with the random number %d, the first run is %d ms away', (random, delay) => {
  expect(firstDelay(1000, random)).toBe(delay);
});

/** How long after a fault begins a check is unhealthy, in the worst case: the fault begins right behind a good run. */
function fallsWithin(cadence: Cadence, thresholds: Thresholds, runMs: number): number {
  const begin = { ...undecided('probe'), health: 'healthy', lastOk: true } as CheckState;
  let [state, at] = [begin, cadence.intervalMs];
  for (;;) {
    at += runMs;
    state = stepCheck(state, { ok: false, detail: '' }, thresholds);
    if (state.health === 'unhealthy') return at;
    at += nextDelay(state, cadence, runMs);
  }
}

describe('with the defaults, a blocked path is unhealthy', () => {
  test.each([
    ['two seconds after the fault, where each attempt hangs until its timeout', 500, 2000],
    ['nine tenths of a second after it, where each is refused at once', 0, 900],
  ])('%s', (_, runMs, within) => {
    expect(fallsWithin(CADENCE, { rise: 3, fall: 3 }, runMs)).toBe(within);
  });
});
