import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyHistogram, observed } from '../../../src/model/histogram.ts';

const BOUNDS = [1, 2, 5];

test.each([
  [0, [1, 0, 0, 0]],
  [1, [1, 0, 0, 0]],
  [1.001, [0, 1, 0, 0]],
  [5, [0, 0, 1, 0]],
  [5.001, [0, 0, 0, 1]],
])('%d is counted below the first bound that it does not exceed', (value, counts) => {
  expect(observed(emptyHistogram(BOUNDS), value)).toStrictEqual({ bounds: BOUNDS, counts, sum: value });
});

test('property: nothing that is observed is lost, and what was there before stays as it was', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 10 })), (values) => {
      const empty = emptyHistogram(BOUNDS);
      const full = values.reduce(observed, empty);
      expect(full.counts.reduce((sum, count) => sum + count, 0)).toBe(values.length);
      expect(full.sum).toBe(values.reduce((sum, value) => sum + value, 0));
      expect(empty).toStrictEqual(emptyHistogram(BOUNDS));
    }),
  );
});
