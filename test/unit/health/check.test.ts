import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CheckState, type Finding, isSettled, resultOf, stepCheck, undecided } from '../../../src/health/check.ts';

const THRESHOLDS = { rise: 3, fall: 2 };

/** What a run came to: `+` and `-` are outcomes, `x` is one that could not be run. */
const finding = (sign: string): Finding => (sign === 'x' ? { broken: 'EMFILE' } : { ok: sign === '+', detail: sign });

/** The check after runs written one behind the other. */
const after = (runs: string, from: CheckState = undecided('probe')): CheckState =>
  runs.split('').reduce((state, sign) => stepCheck(state, finding(sign), THRESHOLDS), from);

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

describe('a run that could not be run', () => {
  test.each([
    ['leaves a healthy check healthy', '+++xxxxxxxx', 'healthy', 3],
    ['leaves an unhealthy check unhealthy', '--xxxxxxxx', 'unhealthy', 2],
    ['proves nothing', 'xxxxxxxx', 'undecided', 0],
    ['ends no row of good outcomes', '++x+', 'healthy', 3],
    ['ends no row of bad outcomes', '+++-x-', 'unhealthy', 2],
  ])('%s (%s)', (_, runs, health, streak) => {
    expect(after(runs)).toMatchObject({ health, streak });
  });

  test('is told, beside what was last found, until a run succeeds again', () => {
    expect(after('+x')).toMatchObject({ detail: '+', broken: 'EMFILE' });
    expect(after('+x-')).not.toHaveProperty('broken');
  });
});

test.each<[Finding, string]>([
  [{ ok: true, detail: '' }, 'good'],
  [{ ok: false, detail: '' }, 'bad'],
  [{ outdated: 'mended since' }, 'bad'],
  [{ broken: 'EMFILE' }, 'broken'],
])('a run that found %j is %s', (found, result) => {
  expect(resultOf(found)).toBe(result);
});

test.each([
  ['', false],
  ['x', false],
  ['+', false],
  ['+++', true],
  ['+++-', false],
  ['+++-+', true],
  ['--', true],
  ['--+', false],
])('after %j, that the last outcome is what the verdict says is %s', (runs, settled) => {
  expect(isSettled(after(runs))).toBe(settled);
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
