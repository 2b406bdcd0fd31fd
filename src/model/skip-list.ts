import { isDeepStrictEqual } from 'node:util';
import type { Skipped } from './snapshot.ts';

/** What is left out, by whatever it is left out of. The list is made only when it is asked for after a change. */
export class SkipList {
  readonly #byOwner = new Map<string, readonly Skipped[]>();
  #all: readonly Skipped[] | undefined = [];

  /** Everything: the same array for as long as nothing changes. */
  get all(): readonly Skipped[] {
    this.#all ??= [...this.#byOwner.values()].flat();
    return this.#all;
  }

  /** Says what is left out of one owner; an empty list where nothing is. */
  set(owner: string, skipped: readonly Skipped[]): void {
    if (isDeepStrictEqual(this.#byOwner.get(owner) ?? [], skipped)) return;
    if (skipped.length === 0) this.#byOwner.delete(owner);
    else this.#byOwner.set(owner, skipped);
    this.#all = undefined;
  }
}
