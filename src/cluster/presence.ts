import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { Announcer, Census } from '../model/census.ts';
import { explain } from '../model/error.ts';
import { accessBy } from '../source/api-access.ts';
import { ApiClient } from '../source/api-client.ts';
import { ApiRefusal } from '../source/api-refusal.ts';
import { Latch } from '../source/latch.ts';
import { announcersAt, look, type Sights, turnsAt } from './census.ts';
import { LeaseApi, type LeasePlace, leasesPath } from './lease-api.ts';
import { LeaseWatch, Unshown } from './lease-watch.ts';
import { nextRound, type Pace, paceOf, retryDelay } from './pace.ts';

/** What an agent tells the others of itself: they know its name. */
export type Told = Omit<Announcer, 'node'>;

/** What the agents of the lb nodes tell each other. */
export interface Presence {
  /** Starts telling and reading. `onChange` is called after each change of the census that was not of our own making. */
  start(onChange: () => void): void;
  /** What the others are to know of this node from now on. Costs nothing where it is what they know already. */
  tell(own: Told): void;
  /** What is known of the others at this moment. It grows old: ask for it when it is needed. */
  census(): Census;
  /** Takes this node out of what the others know, for which it tries two seconds; leaves no timer and no connection. */
  stop(): Promise<void>;
  /** Ends as well, and leaves what the others know: it goes on, and the next agent takes it up before it grows old. */
  handOver(): Promise<void>;
}

export interface PresenceOptions extends LeasePlace {
  /** A kubeconfig file; undefined for the service account of the pod. */
  readonly kubeconfig: string | undefined;
  /** How long an agent counts as there without another renewal. */
  readonly durationMs: number;
  readonly log: Logger;
  /** The rest is for tests. A clock that is never set, the one of the wall, and a number from 0 to 1. */
  readonly clock?: () => number;
  readonly wallClock?: () => number;
  readonly random?: () => number;
}

/** A presence without others to know of, such as beside a directory of manifests. */
export const noPresence = (why: string): Presence => ({
  start() {},
  tell() {},
  census: () => ({ known: false, why }),
  stop: () => Promise.resolve(),
  handOver: () => Promise.resolve(),
});

/** The presence of this node by Leases in the API of the cluster. Nothing is asked before its `start`. */
export function createPresence(options: PresenceOptions): Presence {
  return new LeasePresence(options);
}

const STOP_MS = 2000;

/**
 * Round after round, one at a time: our own Lease is written, and then the watch of all Leases has to show it. So each reading confirms
 * what was written in its round, and shows that the API server works both ways.
 */
class LeasePresence implements Presence {
  readonly #options: Required<PresenceOptions>;
  readonly #pace: Pace;
  readonly #client: ApiClient;
  readonly #api: LeaseApi;
  readonly #watch: LeaseWatch;
  readonly #pause = new Latch();
  readonly #acquiredAt: number;
  #own: Told | undefined;
  /** Counts what was told. */
  #telling = 0;
  #sights: Sights = new Map();
  /** The last round that came to its end: what it had written, of when it is, and what it showed. */
  #last: { readonly telling: number; readonly asOf: number; readonly shown: LastCensus } | undefined;
  #problem: string | undefined;
  #failures = 0;
  #oddities: readonly string[] = [];
  #reported: Census | undefined;
  #onChange = () => {};
  #running: Promise<void> | undefined;
  #request = new AbortController();
  #stopped = false;

  constructor(options: PresenceOptions) {
    this.#options = { clock: () => performance.now(), wallClock: Date.now, random: Math.random, ...options };
    this.#pace = paceOf(options.durationMs);
    const { roundMs } = this.#pace;
    const timeouts = { connectMs: roundMs, headersMs: roundMs, bodyMs: roundMs, watchMs: roundMs, lostMs: roundMs };
    this.#client = new ApiClient(accessBy(options.kubeconfig), timeouts);
    const { log, namespace } = options;
    const watch = { client: this.#client, path: leasesPath(namespace), longestDelayMs: this.#pace.periodMs, log };
    this.#watch = new LeaseWatch(watch);
    this.#api = new LeaseApi(this.#client, this.#watch, options);
    this.#acquiredAt = this.#options.wallClock();
  }

  start(onChange: () => void): void {
    this.#onChange = onChange;
    this.#watch.start(() => this.#notice());
    this.#running ??= this.#run();
  }

  tell(own: Told): void {
    if (isDeepStrictEqual(own, this.#own)) return;
    this.#own = own;
    this.#telling += 1;
    this.#pause.wake();
  }

  /**
   * Unknown before the first round, at once when what was told last could not be written and read, and when nothing has
   * been read for as long as a Lease holds: none of the others would count any more.
   */
  census(): Census {
    const { clock, durationMs } = this.#options;
    const now = clock();
    const confirmed = this.#last?.telling === this.#telling;
    if (this.#last === undefined) return unknown(this.#problem ?? 'the others have not been read yet');
    const { asOf, shown } = this.#last;
    if (!confirmed && this.#problem !== undefined) return unknown(this.#problem, shown);
    const age = now - asOf;
    if (age >= durationMs) {
      return unknown(this.#problem ?? `the others were last read ${Math.round(age)} ms ago`, shown);
    }
    const sights = this.#sights;
    return { known: true, others: announcersAt(sights, now, durationMs), turns: turnsAt(sights, now), confirmed };
  }

  async stop(): Promise<void> {
    await this.#end();
    await this.#within(STOP_MS / 2, (signal) => this.#api.release(signal)).catch((error: unknown) => {
      this.#options.log.warn({ event: 'lease-left', problem: explain(error) }, 'our Lease is left to expire');
    });
    this.#client.close();
  }

  async handOver(): Promise<void> {
    await this.#end();
    this.#client.close();
  }

  /** Ends the rounds. */
  async #end(): Promise<void> {
    this.#onChange = () => {};
    this.#stopped = true;
    this.#pause.wake();
    const limit = setTimeout(() => this.#request.abort(new Error('stopped')), STOP_MS / 2);
    await this.#running;
    clearTimeout(limit);
    await this.#watch.stop();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      this.#pause.reset();
      const delayMs = await this.#round();
      if (!this.#stopped) await this.#pause.wait(delayMs);
    }
  }

  /** Returns how long to wait before the next one. */
  async #round(): Promise<number> {
    const { random } = this.#options;
    const own = this.#own;
    if (own === undefined) return this.#pace.periodMs;
    try {
      await this.#within(this.#pace.roundMs, (signal) => this.#writeAndRead(own, signal));
      this.#succeeded();
      // For the others: to leave, to come back where the last one goes, or to drain.
      const waits = own.state !== 'announced' || own.turn !== undefined;
      return nextRound(this.#pace, waits, random());
    } catch (error) {
      this.#failed(this.#watch.problem ?? explain(error));
      const retryAfterMs = error instanceof ApiRefusal ? error.retryAfterMs : 0;
      return retryDelay(this.#failures, retryAfterMs, random(), this.#pace);
    } finally {
      this.#report();
    }
  }

  async #writeAndRead(own: Told, signal: AbortSignal): Promise<void> {
    const { clock, durationMs, namespace, node, wallClock } = this.#options;
    const telling = this.#telling;
    const asOf = clock();
    const times = { acquiredAt: this.#acquiredAt, renewedAt: wallClock() };
    await this.#api.renew({ announcer: { node, ...own }, namespace, durationMs, ...times }, signal);
    const { leases, problems } = await this.#api.readOthers(signal);
    this.#sights = look(this.#sights, { asOf, until: clock(), leases });
    this.#last = { telling, asOf, shown: this.#shown };
    this.#reportOddities(problems);
  }

  /** What is known of the others now, for when nothing is any more. */
  get #shown(): LastCensus {
    const { clock, durationMs, wallClock } = this.#options;
    return { others: announcersAt(this.#sights, clock(), durationMs), at: wallClock() };
  }

  /** What others change between two rounds is known at once. It is of a moment behind the last round. */
  #notice(): void {
    if (this.#last === undefined) return;
    const { leases } = this.#api.others;
    this.#sights = look(this.#sights, { asOf: this.#last.asOf, until: this.#options.clock(), leases });
    this.#last = { ...this.#last, shown: this.#shown };
    this.#report();
  }

  async #within(ms: number, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const request = new AbortController();
    this.#request = request;
    const timer = setTimeout(() => request.abort(new Error(`no answer within ${Math.round(ms)} ms`)), ms);
    try {
      await work(request.signal);
    } catch (error) {
      throw request.signal.aborted && !(error instanceof Unshown) ? request.signal.reason : error;
    } finally {
      clearTimeout(timer);
    }
  }

  #succeeded(): void {
    if (this.#problem !== undefined)
      this.#options.log.info({ event: 'presence-recovered' }, 'the others are known again');
    this.#problem = undefined;
    this.#failures = 0;
  }

  #failed(problem: string): void {
    const { log } = this.#options;
    if (this.#problem === undefined && !this.#stopped)
      log.warn({ event: 'presence-lost', problem }, 'the others are not known');
    this.#problem = problem;
    this.#failures += 1;
  }

  /** A Lease that counts for nothing is named once. */
  #reportOddities(problems: readonly string[]): void {
    for (const problem of problems)
      if (!this.#oddities.includes(problem)) this.#options.log.warn({ event: 'lease-invalid', problem }, 'left out');
    this.#oddities = problems;
  }

  #report(): void {
    const census = this.census();
    if (isDeepStrictEqual(census, this.#reported)) return;
    this.#reported = census;
    this.#onChange();
  }
}

type LastCensus = NonNullable<Extract<Census, { known: false }>['last']>;

const unknown = (why: string, last?: LastCensus): Census => ({ known: false, why, ...(last && { last }) });
