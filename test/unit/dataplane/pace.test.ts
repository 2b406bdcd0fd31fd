import { expect, test } from 'vitest';
import { earned, spent } from '../../../src/dataplane/pace.ts';

const NONE = { ms: 0, at: 0 };

test('a tenth of the time is earned, up to a limit', () => {
  expect(earned(NONE, 250)).toEqual({ ms: 25, at: 250 });
  expect(earned(NONE, 3_600_000)).toEqual({ ms: 100, at: 3_600_000 });
});

test('what was taken too much has to be earned first', () => {
  const credit = spent(earned(NONE, 250), 250 + 75);
  expect(credit).toEqual({ ms: -50, at: 325 });
  expect(earned(credit, 325 + 500).ms).toBe(0);
  expect(earned(credit, 325 + 510).ms).toBeCloseTo(1);
});

test('over a long time, work takes its share and no more', () => {
  let [credit, now, worked] = [NONE, 0, 0];
  for (let call = 0; call < 1000; call++) {
    now += 250;
    credit = earned(credit, now);
    if (credit.ms <= 0) continue;
    now += 40;
    worked += 40;
    credit = spent(credit, now);
  }
  expect(worked / now).toBeGreaterThan(0.08);
  expect(worked / now).toBeLessThan(0.1);
});
