import { isDeepStrictEqual } from 'node:util';
import { parseDocument } from 'yaml';
import { formatPath, type KeyPath } from './fault.ts';

/** Named one by one; of more, only their number is said. */
const MOST_NAMED = 20;

/**
 * The keys in which two files differ, as `bgp.peers[0].holdTime`, in the order of the later one. Their values are left out: they
 * are for whoever may read the file. A list that is longer or shorter than before is named as a whole.
 */
export function changedKeys(before: string, now: string): string[] {
  const keys = differences(plain(before), plain(now), []).map(formatPath);
  return keys.length <= MOST_NAMED ? keys : [...keys.slice(0, MOST_NAMED), `and ${keys.length - MOST_NAMED} more`];
}

const plain = (text: string): unknown => parseDocument(text).toJS();

function differences(before: unknown, now: unknown, path: KeyPath): KeyPath[] {
  if (isDeepStrictEqual(before, now)) return [];
  const keys = keysOf(before, now);
  if (keys === undefined) return [path];
  return keys.flatMap((key) =>
    differences(Reflect.get(Object(before), key), Reflect.get(Object(now), key), [...path, key]),
  );
}

/** The keys to look below of two values of one kind; undefined where there is no way to compare them by parts. */
function keysOf(before: unknown, now: unknown): (string | number)[] | undefined {
  if (Array.isArray(before) && Array.isArray(now)) return before.length === now.length ? [...now.keys()] : undefined;
  if (!isMapping(before) || !isMapping(now)) return undefined;
  return [...new Set([...Object.keys(now), ...Object.keys(before)])];
}

const isMapping = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
