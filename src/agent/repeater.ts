/**
 * Runs `work` again and again: at once when triggered, else some time after it ended, and never twice at a time. A
 * trigger while it runs leads to exactly one more run.
 */
export class Repeater {
  readonly #work: () => Promise<void>;
  readonly #pauseMs: (tookMs: number) => number;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #stopped = false;

  /**
   * @param work must not reject
   * @param pauseMs how long to pause after work that took so many milliseconds
   */
  constructor(work: () => Promise<void>, pauseMs: (tookMs: number) => number) {
    this.#work = work;
    this.#pauseMs = pauseMs;
  }

  /** The first run; later calls change nothing. */
  start(): void {
    if (this.#running === undefined && this.#timer === undefined) this.trigger();
  }

  trigger(): void {
    if (this.#stopped) return;
    if (this.#running) this.#again = true;
    else this.#running = this.#run();
  }

  /** Resolves when no work is under way and none was asked for. */
  get idle(): Promise<void> {
    return this.#running ?? Promise.resolve();
  }

  /** Starts no more work; resolves when the work under way is done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer);
    const begin = performance.now();
    do {
      this.#again = false;
      await this.#work();
    } while (this.#again && !this.#stopped);
    this.#running = undefined;
    if (!this.#stopped) this.#timer = setTimeout(() => this.trigger(), this.#pauseMs(performance.now() - begin));
  }
}
