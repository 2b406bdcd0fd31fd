/** A pause that can be cut short, also before it begins: a wake-up while nobody waits ends the next wait at once. */
export class Latch {
  #woken = false;
  #wake: (() => void) | undefined;

  /** Ends the wait of now, or else the next one. */
  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  /** Whether there is a wake-up that nobody has waited for. */
  get isWoken(): boolean {
    return this.#woken;
  }

  /** Forgets a wake-up that nobody has waited for. */
  reset(): void {
    this.#woken = false;
  }

  /** Waits for `ms` milliseconds or a wake-up, and says whether it was a wake-up. One wait at a time. */
  async wait(ms: number): Promise<boolean> {
    if (!this.#woken) await this.#sleep(ms);
    const woken = this.#woken;
    this.#woken = false;
    return woken;
  }

  async #sleep(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#wake = resolve;
    await promise;
    this.#wake = undefined;
    clearTimeout(timer);
  }
}
