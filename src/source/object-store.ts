import { isDeepStrictEqual } from 'node:util';
import { SkipList } from '../model/skip-list.ts';
import type { Skipped } from '../model/snapshot.ts';
import { type Decoded, objectKey } from './decode.ts';

/** Told of each object that has become another one, come or gone. */
export type OnReplace<T> = (before: T | undefined, after: T | undefined) => void;

/** The decoded objects of one kind, by `namespace/name`. What the API sent is not kept: it is ten times larger. */
export class ObjectStore<T> {
  readonly #decode: (raw: unknown) => Decoded<T>;
  readonly #onReplace: OnReplace<T>;
  readonly #values = new Map<string, T>();
  readonly #skips = new SkipList();
  /** Every object that exists, those that play no part among them. */
  readonly #keys = new Set<string>();

  constructor(decode: (raw: unknown) => Decoded<T>, onReplace: OnReplace<T>) {
    this.#decode = decode;
    this.#onReplace = onReplace;
  }

  /** A live view: it changes with the store. */
  get values(): ReadonlyMap<string, T> {
    return this.#values;
  }

  /** The same array for as long as nothing changes. */
  get skipped(): readonly Skipped[] {
    return this.#skips.all;
  }

  get size(): number {
    return this.#keys.size;
  }

  /** Takes an object in, or its new state, and returns its key; undefined for what has no name. */
  put(raw: unknown): string | undefined {
    const key = objectKey(raw);
    if (key === undefined) return undefined;
    const { value, skipped } = this.#decode(raw);
    this.#keys.add(key);
    this.#skips.set(key, skipped);
    this.#replace(key, value);
    return key;
  }

  delete(key: string): void {
    this.#keys.delete(key);
    this.#skips.set(key, []);
    this.#replace(key, undefined);
  }

  /** Forgets every object that a complete list did not name. */
  retain(keys: ReadonlySet<string>): void {
    for (const key of this.#keys) if (!keys.has(key)) this.delete(key);
  }

  /** Most events change nothing that is looked at here, and a list names everything again. */
  #replace(key: string, after: T | undefined): void {
    const before = this.#values.get(key);
    if (isDeepStrictEqual(before, after)) return;
    if (after === undefined) this.#values.delete(key);
    else this.#values.set(key, after);
    this.#onReplace(before, after);
  }
}
