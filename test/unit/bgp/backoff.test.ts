import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoff } from '../../../src/bgp/backoff.ts';

const OFTEN = { firstMs: 100, mostMs: 1000, patient: 2 };

test('waits as long as at first while it is patient, then twice as long each time, up to the longest', () => {
  const waits = [0, 1, 2, 3, 4, 5, 6, 1000].map((failures) => backoff(OFTEN, failures, 0.5));
  expect(waits).toEqual([100, 100, 100, 200, 400, 800, 1000, 1000]);
});

test('stays within a fifth of that', () => {
  fc.assert(
    fc.property(fc.nat(), fc.float({ min: 0, max: 1, noNaN: true }), (failures, random) => {
      const middle = backoff(OFTEN, failures, 0.5);
      const wait = backoff(OFTEN, failures, random);
      expect(wait).toBeGreaterThanOrEqual(middle * 0.799);
      expect(wait).toBeLessThanOrEqual(middle * 1.201);
    }),
  );
});
