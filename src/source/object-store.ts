import type { Skipped } from '../model/snapshot.ts';
import { type Decoded, objectKey } from './decode.ts';

/** The decoded objects of one kind, by `namespace/name`. What the API sent is not kept: it is ten times larger. */
export class ObjectStore<T> {
  readonly #decode: (raw: unknown) => Decoded<T>;
  readonly #values = new Map<string, T>();
  readonly #skipped = new Map<string, readonly Skipped[]>();
  /** Every object that exists, those that play no part among them. */
  readonly #keys = new Set<string>();

  constructor(decode: (raw: unknown) => Decoded<T>) {
    this.#decode = decode;
  }

  /** A live view: it changes with the store. */
  get values(): ReadonlyMap<string, T> {
    return this.#values;
  }

  get skipped(): Skipped[] {
    return [...this.#skipped.values()].flat();
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
    setOrDelete(this.#values, key, value);
    setOrDelete(this.#skipped, key, skipped.length === 0 ? undefined : skipped);
    return key;
  }

  delete(key: string): void {
    this.#keys.delete(key);
    this.#values.delete(key);
    this.#skipped.delete(key);
  }

  /** Forgets every object that a complete list did not name. */
  retain(keys: ReadonlySet<string>): void {
    for (const key of this.#keys) if (!keys.has(key)) this.delete(key);
  }
}

function setOrDelete<V>(map: Map<string, V>, key: string, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
