import { expect, test } from 'vitest';
import { deprioritised, type Deprioritisation, type Path } from '../../../src/model/path.ts';

const PATH: Path = { prefix: '10.99.66.0/23', communities: ['64512:100'], med: 50 };
const BY: Deprioritisation = { med: 1000, prepend: 3, localPref: 0, communities: [], largeCommunities: [] };

test('a deprioritised path says it by community, LOCAL_PREF, MED and AS_PATH, and keeps the rest', () => {
  expect(deprioritised(PATH, BY)).toStrictEqual({
    prefix: '10.99.66.0/23',
    communities: ['64512:100', '65535:0'],
    largeCommunities: [],
    med: 1050,
    localPref: 0,
    prepend: 3,
  });
});

test('it also says what else is asked for, once, and is prepended beyond what it is anyway', () => {
  const far = { ...PATH, largeCommunities: ['64512:0:1'], localPref: 200, prepend: 2 };
  const by = { ...BY, communities: ['64512:100', '64512:666'], largeCommunities: ['64512:0:1', '64512:0:2'] };
  expect(deprioritised(far, by)).toMatchObject({
    communities: ['64512:100', '65535:0', '64512:666'],
    largeCommunities: ['64512:0:1', '64512:0:2'],
    localPref: 0,
    prepend: 5,
  });
});

test('one that is such already stays as it is, whoever made it so', () => {
  const once = deprioritised(PATH, BY);
  expect(deprioritised(once, { ...BY, med: 7, prepend: 1 })).toBe(once);
});

test.each([
  [undefined, 1000],
  [4_294_967_000, 4_294_967_295],
])('to a MED of %s come 1000, as far as 32 bits go', (med, expected) => {
  expect(deprioritised({ ...PATH, med }, BY).med).toBe(expected);
});
