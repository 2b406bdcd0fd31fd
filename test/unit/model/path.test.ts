import { expect, test } from 'vitest';
import { deprioritised, type Path } from '../../../src/model/path.ts';

const PATH: Path = { prefix: '10.99.66.0/23', communities: ['64512:100'], med: 50 };
const BY = { med: 1000, prepend: 3 };

test('a deprioritised path says it by community, MED and AS_PATH, and keeps the rest', () => {
  expect(deprioritised(PATH, BY)).toStrictEqual({
    prefix: '10.99.66.0/23',
    communities: ['64512:100', '65535:0'],
    med: 1050,
    prepend: 3,
  });
});

test('one that is such already stays as it is, whoever made it so', () => {
  const once = deprioritised(PATH, BY);
  expect(deprioritised(once, { med: 7, prepend: 1 })).toBe(once);
});

test.each([
  [undefined, 1000],
  [4_294_967_000, 4_294_967_295],
])('to a MED of %s come 1000, as far as 32 bits go', (med, expected) => {
  expect(deprioritised({ ...PATH, med }, BY).med).toBe(expected);
});
