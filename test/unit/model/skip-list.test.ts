import { expect, test } from 'vitest';
import { SkipList } from '../../../src/model/skip-list.ts';
import type { Skipped } from '../../../src/model/snapshot.ts';

const entry = (object: string): Skipped => ({ object, reason: 'no-endpoints', detail: '' });

test('a list holds what each owner has left out, and is the same array until that changes', () => {
  const list = new SkipList();
  const empty = list.all;
  expect(empty).toStrictEqual([]);
  list.set('a', []);
  expect(list.all).toBe(empty);
  list.set('a', [entry('a')]);
  list.set('b', [entry('b'), entry('c')]);
  const all = list.all;
  expect(all).toStrictEqual([entry('a'), entry('b'), entry('c')]);
  list.set('b', [entry('b'), entry('c')]);
  expect(list.all).toBe(all);
  list.set('b', [entry('c')]);
  expect(list.all).toStrictEqual([entry('a'), entry('c')]);
  list.set('a', []);
  expect(list.all).toStrictEqual([entry('c')]);
});
