import { expect, test } from 'vitest';
import { suggest } from '../../../src/config/suggest.ts';
import { problemsOf } from './file-with.ts';

const KNOWN = ['holdDown', 'stopWait', 'communities', 'med'];

test.each([
  ['holdown', 'holdDown'],
  ['hold_down', 'holdDown'],
  ['HoldDown', 'holdDown'],
  ['comunities', 'communities'],
  ['mde', undefined],
  ['metric', undefined],
  ['', undefined],
])('%j is taken for %j', (written, meant) => {
  expect(suggest(written, KNOWN)).toBe(meant);
});

test('nothing is suggested where nothing is known', () => {
  expect(suggest('x', [])).toBeUndefined();
});

test('a mistyped value out of a closed set is told which was meant', () => {
  expect(problemsOf({ rest: 'dataplane: { mode: ipvss }' })).toStrictEqual([
    'dataplane.mode: expected one of ipvs, none (did you mean ipvs?), found "ipvss"',
  ]);
  expect(problemsOf({ rest: 'dataplane: { mode: kubernetes }' })[0]).not.toContain('did you mean');
});
