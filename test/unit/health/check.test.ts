import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CheckState, stepCheck, undecided } from '../../../src/health/check.ts';

const THRESHOLDS = { rise: 3, fall: 2 };

/** The check after outcomes written as `+` and `-`. */
const after = (outcomes: string, from: CheckState = undecided('probe')): CheckState =>
  outcomes.split('').reduce((state, sign) => stepCheck(state, { ok: sign === '+', detail: sign }, THRESHOLDS), from);

describe('with a rise of 3 and a fall of 2', () => {
  test.each([
    ['has no verdict before it ran', '', 'undecided', 0],
    ['has none after too few good outcomes', '++', 'undecided', 2],
    ['is healthy after 3 good outcomes', '+++', 'healthy', 3],
    ['is unhealthy after 2 bad outcomes', '--', 'unhealthy', 2],
    ['has none while good and bad take turns', '+-+-++-', 'undecided', 1],
    ['stays healthy for one bad outcome', '+++-', 'healthy', 1],
    ['stays healthy for one bad outcome at a time', '+++-+-+-', 'healthy', 1],
    ['turns unhealthy at the second in a row', '+++--', 'unhealthy', 2],
    ['stays unhealthy for two good outcomes', '--++', 'unhealthy', 2],
    ['turns healthy at the third in a row', '--+++', 'healthy', 3],
    ['counts on', '+++++++', 'healthy', 7],
  ])('a check %s (%s)', (_, outcomes, health, streak) => {
    expect(after(outcomes)).toMatchObject({ name: 'probe', health, streak });
  });

  test('the detail is that of the last outcome, whatever the verdict', () => {
    expect(after('').detail).toBe('not run yet');
    expect(after('+++-')).toMatchObject({ health: 'healthy', detail: '-' });
  });
});

test('property: only the last outcomes decide, and a verdict changes only with a full streak', () => {
  const outcomes = fc.string({ unit: fc.constantFrom('+', '-'), maxLength: 30 });
  fc.assert(
    fc.property(outcomes, (text) => {
      const { health } = after(text);
      const decisive = Math.max(text.lastIndexOf('+++'), text.lastIndexOf('--'));
      const expected = decisive === -1 ? 'undecided' : text[decisive] === '+' ? 'healthy' : 'unhealthy';
      expect(health).toBe(expected);
    }),
  );
});
