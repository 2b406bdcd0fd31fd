import { expect, test } from 'vitest';
import { changedKeys } from '../../../src/config/changed-keys.ts';
import { EVERY_KEY, fileWith } from './file-with.ts';

const PEER = 'address: 10.22.108.2, as: 64501';
const changed = (before: Parameters<typeof fileWith>[0], now: Parameters<typeof fileWith>[0]) =>
  changedKeys(fileWith(before), fileWith(now));

test.each<[string, Parameters<typeof fileWith>[0], Parameters<typeof fileWith>[0], string[]]>([
  ['nothing', {}, {}, []],
  ['a comment', {}, { rest: '# said' }, []],
  ['a section that comes', {}, { rest: 'health: { rise: 2 }' }, ['health']],
  [
    'a key in one',
    { rest: 'health: { rise: 2 }' },
    { rest: 'health: { rise: 3, fall: 2 }' },
    ['health.rise', 'health.fall'],
  ],
  ['a key that goes', { rest: 'health: { rise: 2, fall: 2 }' }, { rest: 'health: { rise: 2 }' }, ['health.fall']],
  ['a key of one peer', { peer: PEER }, { peer: `${PEER}, holdTime: 30s` }, ['bgp.peers[1].holdTime']],
  ['one more peer', {}, { peer: PEER }, ['bgp.peers']],
  ['a list in place of a text', { ranges: '10.99.66.0/23' }, { ranges: '{ prefix: 10.99.66.0/23 }' }, ['ranges[0]']],
])('%s', (_name, before, now, keys) => {
  expect(changed(before, now)).toStrictEqual(keys);
});

test('values are left out, a path to a password among them', () => {
  const [key] = changed({ peer: `${PEER}, passwordFile: /a` }, { peer: `${PEER}, passwordFile: /b` });
  expect(key).toBe('bgp.peers[1].passwordFile');
});

const many = (value: number) => Array.from({ length: 30 }, (_, key) => `k${key}: ${value}`).join('\n');

test('of very many, some are named', () => {
  expect(changedKeys(many(1), many(2))).toHaveLength(21);
  expect(changedKeys(many(1), many(2)).at(-1)).toBe('and 10 more');
  expect(changedKeys(EVERY_KEY, EVERY_KEY)).toStrictEqual([]);
});
