import { expect, test } from 'vitest';
import type { Decoded } from '../../../src/source/decode.ts';
import { ObjectStore } from '../../../src/source/object-store.ts';

const BAD = { object: 'Thing a', reason: 'object-invalid', detail: 'no size' } as const;

const raw = (name: string, size?: number) => ({ metadata: { name, namespace: 'shop' }, size });

function decode(object: unknown): Decoded<number> {
  const { size } = object as { size?: number };
  return { value: size, skipped: size === undefined ? [BAD] : [] };
}

/** A store of sizes that notes what it is told to have replaced. */
function open() {
  const replaced: (readonly [number | undefined, number | undefined])[] = [];
  return { store: new ObjectStore<number>(decode, (...both) => void replaced.push(both)), replaced };
}

test('each change is told once, with what was there before', () => {
  const { replaced, store } = open();
  expect(store.put(raw('a', 1))).toBe('shop/a');
  store.put(raw('a', 1));
  store.put(raw('a', 2));
  store.delete('shop/a');
  store.delete('shop/a');
  expect(replaced).toStrictEqual([
    [undefined, 1],
    [1, 2],
    [2, undefined],
  ]);
});

test('a list that names an object no more takes it away', () => {
  const { replaced, store } = open();
  store.put(raw('a', 1));
  store.put(raw('b', 2));
  store.retain(new Set(['shop/b']));
  expect([...store.values]).toStrictEqual([['shop/b', 2]]);
  expect(replaced.at(-1)).toStrictEqual([1, undefined]);
});

test('an object that becomes unusable is gone, is named, and still exists', () => {
  const { replaced, store } = open();
  store.put(raw('a', 1));
  const { skipped } = store;
  store.put(raw('a'));
  expect(replaced.at(-1)).toStrictEqual([1, undefined]);
  expect([store.size, store.values.size]).toStrictEqual([1, 0]);
  expect([skipped, store.skipped]).toStrictEqual([[], [BAD]]);
  store.delete('shop/a');
  expect([store.size, store.skipped]).toStrictEqual([0, []]);
});
