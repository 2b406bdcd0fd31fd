import type { Finding } from '../health/check.ts';

/** A look at the tables that takes longer than this, when the probe is about to decide, is not waited for. */
const PATIENCE_MS = 2000;

/**
 * Lets the tables be looked at before a failing probe decides. The first failure of a row asks for the look, and the last
 * one, by which the probe would turn unhealthy, waits for it. What the tables show is mended at once; then the row says
 * nothing about the path as it is now, and does not count. Of two such rows the second does: where somebody breaks a table
 * again and again, the path is as bad as the probe says.
 */
export class RepairFirst {
  readonly #look: () => Promise<void>;
  readonly #fall: number;
  #mendedAt = Number.NEGATIVE_INFINITY;
  /** The failures in a row, since when, and the look that the first of them asked for. */
  #failures = 0;
  #since = 0;
  #looked: Promise<void> = Promise.resolve();
  #isExcused = false;

  /**
   * @param look looks at all tables once, and resolves when that is done
   * @param fall failures in a row that make the probe unhealthy
   */
  constructor(look: () => Promise<void>, fall: number) {
    this.#look = look;
    this.#fall = fall;
  }

  /** To be called when something is right again that somebody else had changed. */
  mended(): void {
    this.#mendedAt = performance.now();
  }

  /** @returns what the probe found, or that it is out of date */
  async judge(probe: () => Promise<Finding | undefined>): Promise<Finding | undefined> {
    const begin = performance.now();
    const finding = await probe();
    if (finding === undefined || !('ok' in finding)) return finding;
    if (!finding.ok) return (await this.#isOutdated(begin)) ? { outdated: `${finding.detail}; mended since` } : finding;
    this.#failures = 0;
    this.#isExcused = false;
    return finding;
  }

  async #isOutdated(begin: number): Promise<boolean> {
    this.#failures += 1;
    if (this.#failures === 1) {
      this.#since = begin;
      this.#looked = this.#look();
    }
    if (this.#failures !== this.#fall) return false;
    await Promise.race([this.#looked, pause(PATIENCE_MS)]);
    if (this.#mendedAt < this.#since || this.#isExcused) return false;
    this.#failures = 0;
    this.#isExcused = true;
    return true;
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref());
