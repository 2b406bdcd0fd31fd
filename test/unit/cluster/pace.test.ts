import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextRound, paceOf, retryDelay } from '../../../src/cluster/pace.ts';

const PACE = paceOf(15_000);

test('with the default a round comes every three seconds, and has failed after five', () => {
  expect(PACE).toMatchObject({ periodMs: 3000, roundMs: 5000 });
  expect([0, 0.5, 1].map((random) => Math.round(nextRound(PACE, false, random)))).toStrictEqual([2700, 3000, 3300]);
});

test('who waits for the others looks every second', () => {
  expect(nextRound(PACE, true, 0.5)).toBe(1000);
});

test('a renewal is seen in time, though one round of each side is lost', () => {
  expect(4 * nextRound(PACE, false, 1)).toBeLessThan(15_000);
});

test('attempts come soon at first, and then as often as rounds', () => {
  const delays = [1, 2, 3, 4, 5, 6, 1000].map((failures) => retryDelay(failures, 0, 0.5, PACE));
  expect(delays).toStrictEqual([187.5, 375, 750, 1500, 3000, 3000, 3000]);
});

test('what the server asks for is kept to, within reason', () => {
  expect(retryDelay(1, 10_000, 0.5, PACE)).toBe(10_000);
  expect(retryDelay(1, 3_600_000, 0.5, PACE)).toBe(30_000);
});

test('no delay is so short that it makes a hot loop', () => {
  const failures = fc.integer({ min: 1 });
  const random = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(failures, random, (count, chance) => {
      expect(retryDelay(count, 0, chance, PACE)).toBeGreaterThan(90);
    }),
  );
});
