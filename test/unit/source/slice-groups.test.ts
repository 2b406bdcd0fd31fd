import { expect, test } from 'vitest';
import { SliceGroups } from '../../../src/source/slice-groups.ts';
import { slice } from '../model/cluster.ts';

test('slices stand with their Service, and move with it', () => {
  const groups = new SliceGroups();
  const one = slice();
  const two = slice({ name: 'web-x2' });
  groups.replace(undefined, one);
  groups.replace(undefined, two);
  expect([...groups.groups]).toStrictEqual([['shop/web', [one, two]]]);
  const moved = slice({ service: 'dns' });
  groups.replace(one, moved);
  expect([...groups.groups]).toStrictEqual([
    ['shop/web', [two]],
    ['shop/dns', [moved]],
  ]);
  groups.replace(two, undefined);
  groups.replace(moved, undefined);
  expect(groups.groups.size).toBe(0);
});
