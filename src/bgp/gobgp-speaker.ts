import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { Prefix } from '../model/address.ts';
import { explain } from '../model/error.ts';
import { attempt, inGroups } from './apply.ts';
import { backoff, type Backoff } from './backoff.ts';
import { CallError, type Endpoint } from './client.ts';
import { connectGobgp } from './connect.ts';
import type { Global, GobgpApi, Held } from './gobgp.ts';
import { PeerMemory } from './memory.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { type Known, knownAfter, type Leaving, leavingSince, leavingStep, type PathStep, pathSteps } from './paths.ts';
import { reconcileOnce } from './reconcile.ts';
import { type BgpState, NEVER_SEEN, type Seen, type Speaker, type WantedBgp } from './speaker.ts';
import { type LogLine, stepLines, transitions } from './transitions.ts';
import { checkWanted } from './wanted.ts';

export interface SpeakerOptions extends Endpoint {
  readonly log: Pick<Logger, LogLine['level']>;
  /** Called with every state that differs from the one before. */
  readonly onChange: (state: BgpState) => void;
}

/**
 * Milliseconds from an answer to the next question. With the 600 that an answer may take, a gobgpd that is stopped counts as
 * silent within a second.
 */
const HEARTBEAT = 250;
/**
 * Between two tries while gobgpd does not answer: what a gobgpd that is back waits for its paths and peers. It is back
 * within seconds where it was restarted; one that has been away for longer waits up to a second more.
 */
const RETRY: Backoff = { firstMs: 100, mostMs: 1000, patient: 100 };
/**
 * Between two passes over a gobgpd that is not as wanted, and by what it answered may not be in a moment either; or over one
 * whose BFD is to come up.
 */
const AGAIN: Backoff = { firstMs: 2000, mostMs: 60_000, patient: 3 };
/** Events of this time are looked at together. */
const COALESCE = 50;
/**
 * What a gobgpd that starts is given until a pass is through: its first answers are slow (4.8 in a slow machine: 1 s), and it
 * has no session, or one with what is wanted.
 */
const START = 5000;
/** A full look though nothing has been heard of. */
const AUDIT = 30_000;
/** An event stream that lasted longer than this ended because gobgpd did. */
const SHORT_STREAM = 1000;

/**
 * Begins to drive the gobgpd behind `options`, which need not be there yet: its absence is a state, not an error. Until
 * the first `set` it is only read.
 */
export const createSpeaker = (options: SpeakerOptions, api: GobgpApi = connectGobgp(options)): Speaker =>
  new GobgpSpeaker(options, api);

class GobgpSpeaker implements Speaker {
  readonly #options: SpeakerOptions;
  readonly #api: GobgpApi;
  readonly #reconcile = oneAtATime(() => this.#pass());
  readonly #beat = oneAtATime(() => this.#heartbeat());
  // One at a time, since gobgpd may take two calls that are under way together in either order.
  readonly #tell = oneAtATime(() => this.#tellPaths());
  #wanted: WantedBgp | undefined;
  #state: BgpState = NEVER_SEEN;
  /** What gobgpd holds by what it was told; undefined while it is not known to take anything. */
  #known: Known | undefined;
  /** Every prefix that gobgpd held when it was last read, or was told of since. */
  #mayHold: readonly Prefix[] = [];
  #leaving: Leaving = new Map();
  /** What it was told of since the pass under way began, which that one may not have read. */
  #toldSince: readonly Prefix[] = [];
  #telling: Promise<unknown> = Promise.resolve();
  #passing: Promise<unknown> = Promise.resolve();
  #beating: Promise<unknown> = Promise.resolve();
  #beatTimer: NodeJS.Timeout | undefined;
  #lookTimer: NodeJS.Timeout | undefined;
  #watching = false;
  #closed = false;
  #lastPassAt = Number.NEGATIVE_INFINITY;
  /** When nobody was there that could be called, without a pass since. */
  #absentAt = Number.NEGATIVE_INFINITY;
  /** Tries in a row without an answer. */
  #unanswered = 0;
  /** Passes in a row behind which something was left, and how long after the last of them the next one is due. */
  #unsettled = 0;
  #againMs = 0;
  readonly #memory = new PeerMemory();

  constructor(options: SpeakerOptions, api: GobgpApi) {
    this.#options = options;
    this.#api = api;
    this.#beatIn(0);
  }

  set(wanted: WantedBgp): void {
    if (!isDeepStrictEqual(wanted, this.#wanted)) {
      if (!isDeepStrictEqual(wanted.peers, this.#wanted?.peers)) this.#memory.forgetChanges();
      this.#wanted = wanted;
      this.#unsettled = 0;
      this.#telling = this.#tell();
      this.#become({ ...this.#state, inSync: false });
    }
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
    await Promise.all([this.#telling, this.#passing, this.#beating]);
  }

  /**
   * Tells gobgpd of changed paths at once: a decision does not wait until all has been read, which a pass does behind it. Nor
   * does it wait until thousands of paths have been told that are no longer wanted so: what is left is worked out anew.
   */
  async #tellPaths(): Promise<void> {
    const given = this.#wanted;
    if (this.#known === undefined || given === undefined) return;
    for (const steps of inGroups(pathSteps(this.#known, checkWanted(given).wanted, this.#mayHold))) {
      if (this.#closed || this.#known === undefined || given !== this.#wanted) return;
      this.#known = knownAfter(this.#known, steps);
      const outcomes = steps.map((step) => attempt(this.#api, step));
      this.#noteTold(steps);
      const taken = await Promise.all(outcomes);
      this.#write(stepLines(taken));
      const unanswered = taken.find(({ error }) => isUnanswered(error));
      if (unanswered) return this.#fail(unanswered.error);
    }
  }

  #noteTold(steps: readonly PathStep[]): void {
    const announced = prefixesOf(steps.flatMap((step) => (step.do === 'announce-path' ? [step.path] : [])));
    this.#mayHold = union(this.#mayHold, announced);
    this.#toldSince = union(this.#toldSince, announced);
  }

  async #pass(): Promise<BgpState> {
    if (this.#closed) return this.#state;
    await this.#telling;
    this.#toldSince = [];
    const wanted = this.#wanted;
    const isCurrent = (): boolean => wanted === this.#wanted;
    const now = performance.now();
    this.#lastPassAt = now;
    // A call that gets no answer may still be taken.
    this.#mayHold = union(this.#mayHold, prefixesOf(wanted?.paths ?? []));
    try {
      this.#watch();
      const { held, state, outcomes } = await reconcileOnce(this.#api, wanted, isCurrent, this.#memory.at(now));
      this.#memory.record(outcomes, now);
      this.#see(state, held, isCurrent());
      this.#write(outcomes.length === 0 ? [{ level: 'debug', event: 'nothing-changed' }] : stepLines(outcomes));
    } catch (error) {
      this.#fail(error);
    }
    return this.#state;
  }

  /** What a pass for a value that is no longer wanted finds wrong is not: another pass is behind it already. */
  #see(state: Seen, held: Held, isCurrent: boolean): void {
    this.#unanswered = 0;
    this.#absentAt = Number.NEGATIVE_INFINITY;
    this.#rate(isSettled(state));
    if (isCurrent) {
      this.#known = held;
      this.#mayHold = prefixesOf(held.paths);
      this.#become(state);
    } else {
      this.#mayHold = union(this.#toldSince, prefixesOf(held.paths));
      this.#become({ ...state, inSync: false, problem: this.#state.reachable ? this.#state.problem : undefined });
    }
  }

  /**
   * A gobgpd that is stopped keeps its connections open and says nothing: only a question with a deadline finds out. A pass
   * is not waited for: it may hang for longer than the next question may be late.
   */
  async #heartbeat(): Promise<void> {
    try {
      const global = await this.#api.global();
      if (this.#isDue(global)) void this.reconcile();
    } catch (error) {
      this.#fail(error);
    }
    this.#beatIn(this.#state.reachable ? HEARTBEAT : this.#retryMs);
  }

  #isDue(global: Global | undefined): boolean {
    const { reachable } = this.#state;
    const restarted = this.#known !== undefined && this.#known.global?.as !== global?.as;
    const interval = isSettled(this.#state) && this.#watching ? AUDIT : this.#againMs;
    return !reachable || restarted || performance.now() - this.#lastPassAt > interval;
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
    const unanswered = isUnanswered(error);
    if (unanswered) this.#unanswered += 1;
    else this.#rate(false);
    if (unanswered) this.#known = undefined;
    const outcome = error instanceof CallError ? error.outcome : undefined;
    const now = performance.now();
    if (outcome === 'absent') this.#absentAt = now;
    const silent = outcome === 'silent' && now - this.#absentAt > START;
    const version = this.#api.version;
    this.#become({ ...this.#state, reachable: !unanswered, silent, version, inSync: false, problem: problemOf(error) });
    if (unanswered) this.#beatIn(this.#retryMs);
  }

  get #retryMs(): number {
    return backoff(RETRY, this.#unanswered, Math.random());
  }

  /** What gobgpd refuses, it mostly refuses again: it is asked less and less often. */
  #rate(settled: boolean): void {
    this.#unsettled = settled ? 0 : this.#unsettled + 1;
    this.#againMs = backoff(AGAIN, this.#unsettled, Math.random());
  }

  #become(seen: Seen): void {
    const before = this.#state;
    this.#leaving = leavingStep(this.#leaving, this.#mayHold, this.#wanted, performance.now());
    const state = { ...seen, withdrawingSince: leavingSince(this.#leaving) };
    if (this.#closed || isDeepStrictEqual(state, before)) return;
    this.#state = state;
    this.#write(transitions(before, state));
    this.#options.onChange(state);
  }

  #write(lines: readonly LogLine[]): void {
    if (this.#closed) return;
    for (const { level, ...fields } of lines) this.#options.log[level](fields);
  }
}

/** Nothing is left to be done, or to be seen: gobgpd tells of no change of BFD by itself. */
const isSettled = ({ inSync, peers }: Seen): boolean =>
  inSync &&
  peers.every(
    ({ bfd, state }) => bfd === undefined || bfd === 'unsupported' || (bfd === 'up' && state === 'established'),
  );

const isUnanswered = (error: unknown): boolean => error instanceof CallError && error.unanswered;

const prefixesOf = (paths: readonly { readonly prefix: Prefix }[]): Prefix[] => paths.map(({ prefix }) => prefix);

const union = (a: readonly Prefix[], b: readonly Prefix[]): Prefix[] => [...new Set([...a, ...b])];

function problemOf(error: unknown): string {
  const text = explain(error);
  const hint = error instanceof CallError ? error.hint : undefined;
  return hint === undefined ? text : `${text}; ${hint}`;
}
