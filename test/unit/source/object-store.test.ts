import { describe, expect, test } from 'vitest';
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

const at = (resourceVersion: string, size: number) => ({
  metadata: { name: 'a', namespace: 'shop', resourceVersion },
  size,
});

describe('versions', () => {
  test('what is older than what is known changes nothing', () => {
    const { replaced, store } = open();
    store.put(at('10', 1));
    expect(store.put(at('9', 2))).toBe('shop/a');
    expect([...store.values]).toStrictEqual([['shop/a', 1]]);
    store.put(at('10', 3));
    store.put(at('11', 4));
    expect(replaced.map(([, after]) => after)).toStrictEqual([1, 3, 4]);
  });

  test('what was deleted may come again with any version', () => {
    const { store } = open();
    store.put(at('10', 1));
    store.delete('shop/a');
    store.put(at('9', 2));
    expect([...store.values]).toStrictEqual([['shop/a', 2]]);
  });

  test('what has no number for a version is never older', () => {
    const { store } = open();
    for (const [version, size] of [
      ['b', 1],
      ['a', 2],
      ['7', 3],
      ['x', 4],
    ] as const) {
      store.put(at(version, size));
      expect(store.values.get('shop/a')).toBe(size);
    }
  });

  test('once they are forgotten, what comes next is how things are', () => {
    const { store } = open();
    store.put(at('10', 1));
    store.forgetVersions();
    store.put(at('3', 2));
    expect([...store.values]).toStrictEqual([['shop/a', 2]]);
    store.put(at('2', 3));
    expect([...store.values]).toStrictEqual([['shop/a', 2]]);
  });
});
