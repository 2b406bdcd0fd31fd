import { isDeepStrictEqual } from 'node:util';
import { SkipList } from '../model/skip-list.ts';
import type { Skipped } from '../model/snapshot.ts';
import { type Decoded, objectKey } from './decode.ts';
import { isObject, objectAt } from './json.ts';
import { versionNumber } from './version.ts';

/** Told of each object that has become another one, come or gone. */
export type OnReplace<T> = (before: T | undefined, after: T | undefined) => void;

/** The decoded objects of one kind, by `namespace/name`. What the API sent is not kept: it is ten times larger. */
export class ObjectStore<T> {
  readonly #decode: (raw: unknown) => Decoded<T>;
  readonly #onReplace: OnReplace<T>;
  readonly #values = new Map<string, T>();
  readonly #skips = new SkipList();
  /** The version of every object that exists, those that play no part among them. */
  readonly #versions = new Map<string, number>();

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
    return this.#versions.size;
  }

  /**
   * Takes an object in, or its new state, and returns its key; undefined for what has no name. A state that is older than
   * the one that is known changes nothing: servers repeat themselves, and some answer from an old cache.
   */
  put(raw: unknown): string | undefined {
    const key = objectKey(raw);
    if (key === undefined) return undefined;
    const version = versionNumber(isObject(raw) ? objectAt(raw, 'metadata')['resourceVersion'] : undefined);
    if (version < (this.#versions.get(key) ?? 0)) return key;
    const { value, skipped } = this.#decode(raw);
    this.#versions.set(key, version);
    this.#skips.set(key, skipped);
    this.#replace(key, value);
    return key;
  }

  delete(key: string): void {
    this.#versions.delete(key);
    this.#skips.set(key, []);
    this.#replace(key, undefined);
  }

  /** Takes whatever comes next for newer: the server has gone back to an earlier state, and that is how things are now. */
  forgetVersions(): void {
    for (const key of this.#versions.keys()) this.#versions.set(key, 0);
  }

  /** Forgets every object that a complete list did not name. */
  retain(keys: ReadonlySet<string>): void {
    for (const key of this.#versions.keys()) if (!keys.has(key)) this.delete(key);
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
