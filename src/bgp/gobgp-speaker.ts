import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { explain } from '../model/error.ts';
import { CallError } from './client.ts';
import type { GobgpApi } from './gobgp.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { reconcileOnce } from './reconcile.ts';
import type { BgpState, Speaker, WantedBgp } from './speaker.ts';
import { type LogLine, stepLines, transitions } from './transitions.ts';
import { GobgpV3 } from './v3/api.ts';

export interface SpeakerOptions {
  /** Where gobgpd's API listens: `unix:///path` or `127.0.0.1:port`. */
  readonly target: string;
  readonly log: Pick<Logger, LogLine['level']>;
  /** Called with every state that differs from the one before. */
  readonly onChange: (state: BgpState) => void;
}

/** Milliseconds. */
const HEARTBEAT = 2000;
/** Between two tries while gobgpd does not answer. */
const RETRY = 250;
/** Events of this time are looked at together. */
const COALESCE = 50;
/** A full look though nothing has been heard of. */
const AUDIT = 30_000;
/** An event stream that lasted longer than this ended because gobgpd did. */
const SHORT_STREAM = 1000;

/**
 * Begins to drive the gobgpd behind `target`, which need not be there yet: its absence is a state, not an error. Until
 * the first `set` it is only read.
 */
export const createSpeaker = (options: SpeakerOptions): Speaker =>
  new GobgpSpeaker(options, new GobgpV3(options.target));

class GobgpSpeaker implements Speaker {
  readonly #options: SpeakerOptions;
  readonly #api: GobgpApi;
  readonly #reconcile = oneAtATime(() => this.#pass());
  readonly #beat = oneAtATime(() => this.#heartbeat());
  #wanted: WantedBgp | undefined;
  #state: BgpState = { reachable: false, problem: undefined, inSync: false, prefixes: [], peers: [] };
  #passing: Promise<unknown> = Promise.resolve();
  #beating: Promise<unknown> = Promise.resolve();
  #beatTimer: NodeJS.Timeout | undefined;
  #lookTimer: NodeJS.Timeout | undefined;
  #watching = false;
  #closed = false;
  #lastPass = 0;

  constructor(options: SpeakerOptions, api: GobgpApi) {
    this.#options = options;
    this.#api = api;
    this.#beatIn(0);
  }

  set(wanted: WantedBgp): void {
    if (!isDeepStrictEqual(wanted, this.#wanted)) this.#become({ ...this.#state, inSync: false });
    this.#wanted = wanted;
    void this.reconcile();
  }

  state(): BgpState {
    return this.#state;
  }

  reconcile(): Promise<BgpState> {
    const pass = this.#reconcile();
    this.#passing = pass;
    return pass;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#beatTimer);
    clearTimeout(this.#lookTimer);
    this.#api.close();
    await Promise.all([this.#passing, this.#beating]);
  }

  async #pass(): Promise<BgpState> {
    if (this.#closed) return this.#state;
    const wanted = this.#wanted;
    try {
      this.#watch();
      const { state, outcomes } = await reconcileOnce(this.#api, wanted);
      this.#lastPass = performance.now();
      this.#become({ ...state, inSync: state.inSync && wanted === this.#wanted });
      this.#write(outcomes.length === 0 ? [{ level: 'debug', event: 'nothing-changed' }] : stepLines(outcomes));
    } catch (error) {
      this.#fail(error);
    }
    return this.#state;
  }

  /** A gobgpd that is stopped keeps its connections open and says nothing: only a question with a deadline finds out. */
  async #heartbeat(): Promise<void> {
    try {
      const global = await this.#api.global();
      const restarted = this.#wanted !== undefined && global?.as !== this.#wanted.localAs;
      const audit = performance.now() - this.#lastPass > AUDIT;
      const { reachable, inSync } = this.#state;
      if (!reachable || !inSync || restarted || audit || !this.#watching) await this.reconcile();
    } catch (error) {
      this.#fail(error);
    }
    this.#beatIn(this.#state.reachable ? HEARTBEAT : RETRY);
  }

  #beatIn(delay: number): void {
    clearTimeout(this.#beatTimer);
    if (this.#closed) return;
    this.#beatTimer = setTimeout(() => {
      this.#beating = this.#beat();
    }, delay);
  }

  /** An event only says where to look: what is then read is the truth. */
  #look(): void {
    if (this.#closed) return;
    this.#lookTimer ??= setTimeout(() => {
      this.#lookTimer = undefined;
      void this.reconcile();
    }, COALESCE);
  }

  #watch(): void {
    if (this.#watching || this.#closed) return;
    this.#watching = true;
    const since = performance.now();
    this.#api.watch(
      () => this.#look(),
      () => {
        this.#watching = false;
        if (performance.now() - since > SHORT_STREAM) this.#beatIn(0);
      },
    );
  }

  #fail(error: unknown): void {
    const lost = error instanceof CallError && error.outcome === 'lost';
    this.#become({ ...this.#state, reachable: !lost, inSync: false, problem: problemOf(error) });
    if (lost) this.#beatIn(RETRY);
  }

  #become(state: BgpState): void {
    if (this.#closed || isDeepStrictEqual(state, this.#state)) return;
    const before = this.#state;
    this.#state = state;
    this.#write(transitions(before, state));
    this.#options.onChange(state);
  }

  #write(lines: readonly LogLine[]): void {
    if (this.#closed) return;
    for (const { level, ...fields } of lines) this.#options.log[level](fields);
  }
}

function problemOf(error: unknown): string {
  const text = explain(error);
  const hint = error instanceof CallError ? error.hint : undefined;
  return hint === undefined ? text : `${text}; ${hint}`;
}
