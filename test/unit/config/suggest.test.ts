import { expect, test } from 'vitest';
import { suggest } from '../../../src/config/suggest.ts';

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
