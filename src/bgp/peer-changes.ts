import type { Outcome } from './apply.ts';
import { changeKey } from './peers.ts';
import type { Step } from './plan.ts';

/** Milliseconds in which one and the same change of a peer is made once. */
const ONCE_IN = 5 * 60_000;

/**
 * The changes that the wanted peers have had of late. One that is due again was to no avail: gobgpd takes it and reports something
 * else, and each try would end the session anew, on every node.
 */
export class PeerChanges {
  readonly #madeAt = new Map<string, number>();

  /** To be called when other peers are wanted: what was to no avail for the earlier ones may be right for these. */
  forget(): void {
    this.#madeAt.clear();
  }

  /** @param at milliseconds of a clock that only goes forward */
  isFutile(step: Step, at: number): boolean {
    const key = changeKey(step);
    const madeAt = key === undefined ? undefined : this.#madeAt.get(key);
    return madeAt !== undefined && at - madeAt < ONCE_IN;
  }

  record(outcomes: readonly Outcome[], at: number): void {
    for (const [key, madeAt] of this.#madeAt) if (at - madeAt >= ONCE_IN) this.#madeAt.delete(key);
    for (const { error, step } of outcomes) {
      const key = error === undefined ? changeKey(step) : undefined;
      if (key !== undefined) this.#madeAt.set(key, at);
    }
  }
}
