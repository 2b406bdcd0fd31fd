import type { Logger } from 'pino';
import { explain } from '../model/error.ts';
import type { ApiClient } from '../source/api-client.ts';
import { ApiRefusal } from '../source/api-refusal.ts';
import { Latch } from '../source/latch.ts';
import { type Pace, retryDelay } from './pace.ts';

/** Something that has things to say to the API server now and then. */
export interface Desk {
  /** What is said, for the log. */
  readonly what: string;
  /** How long until there is something to send. @param isLast whether there will be no later moment */
  waitMs(isLast: boolean): number;
  /**
   * Sends one thing. Throws where the server does not take it, and is asked again later.
   *
   * @returns whether there was anything
   */
  send(client: ApiClient, signal: AbortSignal): Promise<boolean>;
}

/** Between two attempts after failures: up to a minute, and up to ten where the server has said no. */
const LOST: Pace = { periodMs: 60_000, roundMs: 10_000, longestRetryAfterMs: 120_000 };
const REFUSED: Pace = { ...LOST, periodMs: 600_000 };

const LONGEST_WAIT_MS = 60_000;

/** Sends what a desk has to say, one thing after the other, best effort: nobody waits for it, and nothing depends on it. */
export class Sender {
  readonly #desk: Desk;
  readonly #client: ApiClient;
  readonly #log: Logger;
  readonly #clock: () => number;
  readonly #news = new Latch();
  #running: Promise<void> | undefined;
  #request = new AbortController();
  #failures = 0;
  #notBefore = Number.NEGATIVE_INFINITY;
  #isEnding = false;

  constructor(desk: Desk, client: ApiClient, log: Logger, clock: () => number) {
    this.#desk = desk;
    this.#client = client;
    this.#log = log;
    this.#clock = clock;
  }

  /** To be called when the desk has something new to say. */
  wake(): void {
    this.#news.wake();
    this.#running ??= this.#run();
  }

  /** Sends what is left, once and only as long as this takes. */
  async stop(limitMs: number): Promise<void> {
    this.#isEnding = true;
    this.#news.wake();
    const limit = setTimeout(() => this.#request.abort(new Error('stopped')), limitMs);
    await this.#running;
    clearTimeout(limit);
  }

  async #run(): Promise<void> {
    for (;;) {
      this.#news.reset();
      const waitMs = Math.max(this.#desk.waitMs(this.#isEnding), this.#notBefore - this.#clock());
      if (waitMs <= 0) await this.#attempt();
      else if (this.#isEnding) return;
      else await this.#news.wait(Math.min(waitMs, LONGEST_WAIT_MS));
    }
  }

  async #attempt(): Promise<void> {
    const request = new AbortController();
    this.#request = request;
    const { signal } = request;
    const limit = setTimeout(() => request.abort(new Error(`no answer within ${LOST.roundMs} ms`)), LOST.roundMs);
    try {
      if (await this.#desk.send(this.#client, signal)) this.#succeeded();
    } catch (error) {
      this.#failed(signal.aborted ? signal.reason : error);
    } finally {
      clearTimeout(limit);
    }
  }

  #succeeded(): void {
    const { what } = this.#desk;
    if (this.#failures > 0) this.#log.info({ event: 'cluster-told-again', what }, `${what}: sent again`);
    this.#failures = 0;
  }

  #failed(error: unknown): void {
    const { what } = this.#desk;
    const problem = explain(error);
    if (this.#failures === 0 && !this.#isEnding)
      this.#log.warn({ event: 'cluster-not-told', what, problem }, `${what}: not sent; nothing else depends on it`);
    this.#failures += 1;
    const retryAfterMs = error instanceof ApiRefusal ? error.retryAfterMs : 0;
    const pace = isNo(error) ? REFUSED : LOST;
    this.#notBefore = this.#clock() + retryDelay(this.#failures, retryAfterMs, Math.random(), pace);
  }
}

/** Whether asking again will bring the same answer, until a person does something. */
const isNo = (error: unknown): boolean =>
  error instanceof ApiRefusal && error.status >= 400 && error.status < 500 && ![401, 408, 429].includes(error.status);
