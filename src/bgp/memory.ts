import type { Outcome } from './apply.ts';
import { type DownSince, downStep, withPauses } from './bfd-pauses.ts';
import { PeerChanges } from './peer-changes.ts';
import type { Memory } from './reconcile.ts';

/** What a speaker keeps in mind of the peers of its gobgpd from one pass to the next. */
export class PeerMemory {
  readonly #changes = new PeerChanges();
  #down: DownSince = new Map();

  /** @param now milliseconds of a clock that only goes forward */
  at(now: number): Memory {
    return {
      isFutile: (step) => this.#changes.isFutile(step, now),
      forNow: (wanted, held) => {
        this.#down = downStep(this.#down, held, now);
        return withPauses(wanted, this.#down, now);
      },
    };
  }

  /** To be called when other peers are wanted. */
  forgetChanges(): void {
    this.#changes.forget();
  }

  record(outcomes: readonly Outcome[], now: number): void {
    this.#changes.record(outcomes, now);
  }
}
