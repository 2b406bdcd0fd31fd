import type { Finding } from '../health/check.ts';

/** A look at the tables that takes longer than this is not waited for. */
const PATIENCE_MS = 1000;

/**
 * Lets the tables be looked at before a failed probe counts. What they show is mended at once, and a probe that began
 * before that says nothing about the path as it is now. So many of a row are excused and no more: where somebody breaks
 * a table again and again, the path is as bad as the probe says.
 */
export class RepairFirst {
  readonly #look: () => Promise<void>;
  readonly #most: number;
  #mendedAt = Number.NEGATIVE_INFINITY;
  #excused = 0;

  /**
   * @param look looks at all tables once, and resolves when that is done
   * @param most how many failed probes in a row may be excused
   */
  constructor(look: () => Promise<void>, most: number) {
    this.#look = look;
    this.#most = most;
  }

  /** To be called when something is right again that somebody else had changed. */
  mended(): void {
    this.#mendedAt = performance.now();
  }

  /** @returns what the probe found, or undefined where that is out of date */
  async judge(probe: () => Promise<Finding | undefined>): Promise<Finding | undefined> {
    const begin = performance.now();
    const finding = await probe();
    if (finding === undefined || 'broken' in finding) return finding;
    if (finding.ok) this.#excused = 0;
    else if (await this.#isOutOfDate(begin)) return undefined;
    return finding;
  }

  async #isOutOfDate(begin: number): Promise<boolean> {
    await Promise.race([this.#look(), pause(PATIENCE_MS)]);
    if (this.#mendedAt < begin || this.#excused === this.#most) return false;
    this.#excused += 1;
    return true;
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());
