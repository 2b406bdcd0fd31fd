import { setImmediate } from 'node:timers/promises';
import { explain } from '../model/error.ts';
import type { Query } from './api-client.ts';
import { Trust } from './doubt.ts';
import { demandOrder, demandUsable, isWatchListsFault, resultOf, Unfinished, type UsableEvent } from './failure.ts';
import { Latch } from './latch.ts';
import { listPages } from './list-pages.ts';
import type { ReflectorOptions } from './reflector-options.ts';
import {
  type Attempt,
  BEGINNING,
  nextReading,
  PACE,
  type Progress,
  stepAfter,
  watchSeconds,
  withPages,
} from './reflector-step.ts';
import { LineSplitter, parseWatchLine, type WatchEvent } from './watch-line.ts';

/**
 * Keeps a store equal to one resource of the API server: everything at first, then a watch from there, for ever. Nothing
 * that the server does or fails to do ends it, and nothing but a complete reading or a DELETED event ever takes an object
 * out of the store.
 *
 * It is our own, for the informers of @kubernetes/client-node end for good with an ordinary outage. Measured with packets
 * dropped for 60 s: 1.4.0 was dead after 40.8 s and 2.0.1 after 39.5 s, with one `error` event (ETIMEDOUT,
 * UND_ERR_CONNECT_TIMEOUT), and neither had come back 45 s after the repair (kubernetes-client/javascript #2385, #1496,
 * #2222); a 5xx, 429 or 403 does the same. The restart that its documentation shows resurrects an informer that was
 * stopped, for `stop()` is an `error` too. They ask for no bookmarks and list everything at once: with 10,000 Services and
 * 10,000 slices of 10 endpoints, the event loop stood still for 1.3 s and 645 MiB were resident, 88 ms and 141 MiB here
 * (`npm run bench -- kubernetes`).
 */
export class Reflector {
  readonly #options: Required<ReflectorOptions>;
  readonly #abort = new AbortController();
  readonly #pause = new Latch();
  #progress: Progress = BEGINNING;
  #running: Promise<void> | undefined;
  #delivered = false;
  #spoke = false;
  /** When the watch of now began; undefined while there is none. */
  #acceptedAt: number | undefined;
  /** Proves the watch of now once it has lasted. */
  #settled: NodeJS.Timeout | undefined;
  /** When the watch-list of now was asked for. */
  #askedAt = 0;
  /** What the watch-list of now has named so far; undefined while there is none. */
  #named: Set<string> | undefined;
  /** The version of the last object that was deleted while the watch-list of now was on its way: no older event follows. */
  #deletedAt: string | undefined;
  readonly #trust = new Trust();
  /** The newest version that is known, also while there is none to go on from. */
  #newest: string | undefined;
  #synced = false;
  #lastContactAt: number | undefined;
  #problem: string | undefined;

  constructor(options: ReflectorOptions) {
    this.#options = { pace: PACE, now: Date.now, random: Math.random, ...options };
  }

  /** Whether everything has been read at least once. */
  get synced(): boolean {
    return this.#synced;
  }

  /** Whether all that the store holds is of one moment, and moves on with a watch: not while everything is read anew. */
  get isFollowing(): boolean {
    return this.#acceptedAt !== undefined;
  }

  /** When the server last sent anything, in milliseconds since the epoch. */
  get lastContactAt(): number | undefined {
    return this.#lastContactAt;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves once no request and no timer is left. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#pause.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { random, pace } = this.#options;
    while (!this.#abort.signal.aborted) {
      const attempt = await this.#attempt();
      if (this.#abort.signal.aborted) return;
      const { progress, delayMs, problem } = stepAfter(this.#progress, attempt, random(), pace);
      this.#progress = progress;
      this.#report(attempt, delayMs, problem);
      if (delayMs > 0) await this.#pause.wait(delayMs);
    }
  }

  async #attempt(): Promise<Attempt> {
    this.#delivered = false;
    this.#spoke = false;
    this.#acceptedAt = undefined;
    const result = await this.#listAndWatch().then(() => ({ kind: 'ended' }) as const, resultOf);
    const livedMs = this.#acceptedAt === undefined ? 0 : this.#options.now() - this.#acceptedAt;
    return { result, delivered: this.#delivered, spoke: this.#spoke, livedMs };
  }

  async #listAndWatch(): Promise<void> {
    const { resourceVersion } = this.#progress;
    const reading = nextReading(this.#progress, this.#options.now());
    if (reading === 'watch') return this.#watch({ resourceVersion });
    if (this.#trust.begin(this.#options.now(), this.#options.pace.doubtMs)) this.#options.store.forgetVersions();
    if (reading === 'watch-list') return this.#watchList();
    await this.#list();
    return this.#watch({ resourceVersion: this.#progress.resourceVersion });
  }

  async #list(): Promise<void> {
    const { client, path, selector, store, onChange } = this.#options;
    const keys = new Set<string>();
    let version = '';
    for await (const { items, resourceVersion } of listPages(client, path, selector, keys, this.#abort.signal)) {
      this.#contact();
      for (const item of items) store.put(item);
      onChange();
      version = resourceVersion;
    }
    this.#complete(keys, version);
  }

  /** A watch that begins with everything there is. Where it fails for what it is, pages are asked for at once. */
  async #watchList(): Promise<void> {
    const { log, now, resource } = this.#options;
    this.#named = new Set();
    this.#askedAt = now();
    this.#deletedAt = undefined;
    try {
      await this.#watch({ sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan' });
      if (this.#named) throw new Unfinished('a watch-list that ended before all had been sent');
    } catch (error) {
      if (this.#named === undefined || !isWatchListsFault(error)) throw error;
      log.debug({ event: 'watch-list-failed', resource, reason: explain(error) }, 'reading in pages');
      this.#progress = withPages(this.#progress, now());
      this.#named = undefined;
      await this.#listAndWatch();
    } finally {
      this.#named = undefined;
    }
  }

  /** Everything that exists has been named by now: what has not is gone. */
  #complete(keys: ReadonlySet<string>, resourceVersion: string): void {
    const { now, store, onChange } = this.#options;
    this.#trust.demand({ known: store.size, named: keys.size, newest: this.#newest, resourceVersion }, now());
    store.retain(keys);
    this.#goOnFrom(resourceVersion);
    // A reading alone does not end a problem: where every watch is refused, one list after the other still succeeds.
    this.#delivered = true;
    this.#sync();
    onChange();
  }

  #goOnFrom(resourceVersion: string): void {
    this.#newest = resourceVersion;
    this.#progress = { ...this.#progress, resourceVersion };
  }

  async #watch(from: Query): Promise<void> {
    const { client, path, selector } = this.#options;
    const query = {
      ...selector,
      ...from,
      allowWatchBookmarks: 'true',
      timeoutSeconds: watchSeconds(this.#options.random()),
    };
    const stream = await client.watch(path, query, this.#abort.signal, () => this.#named !== undefined);
    this.#contact();
    try {
      if (!this.#named) this.#begin();
      const lines = new LineSplitter();
      for await (const chunk of stream) await this.#take(lines.push(chunk));
    } finally {
      clearTimeout(this.#settled);
    }
  }

  /** From here on, it is news that the watch brings. One that lasts has shown that it works, also without any. */
  #begin(): void {
    this.#acceptedAt = this.#options.now();
    this.#settled = setTimeout(() => this.#prove(), this.#options.pace.settledMs);
  }

  /** Whatever else the process has to do gets its turn between two chunks, of which a large cluster sends thousands. */
  async #take(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    this.#contact();
    this.#spoke = true;
    try {
      for (const line of lines) this.#apply(parseWatchLine(line));
    } finally {
      this.#options.onChange();
    }
    this.#demandProgress();
    await setImmediate();
  }

  /** Lines alone do not make a watch-list: without the bookmark behind it, nothing is ever known to be all there is. */
  #demandProgress(): void {
    const { now, pace } = this.#options;
    if (this.#named && now() - this.#askedAt > pace.readingMs) throw new Unfinished('a watch-list that does not end');
  }

  #apply(event: WatchEvent): void {
    demandUsable(event);
    demandOrder(event.resourceVersion, this.#named ? this.#deletedAt : this.#progress.resourceVersion);
    const { store } = this.#options;
    if (event.type === 'changed') store.put(event.object);
    if (event.type === 'deleted') store.delete(event.key);
    if (this.#named) return this.#name(this.#named, event);
    this.#goOnFrom(event.resourceVersion);
    this.#prove();
  }

  /** The objects of a watch-list come in no order of versions: only the bookmark behind them says where to go on. */
  #name(keys: Set<string>, event: UsableEvent): void {
    if (event.type === 'changed') keys.add(event.key);
    if (event.type === 'deleted') this.#deletedAt = event.resourceVersion;
    if (event.type !== 'bookmark' || !event.complete) return;
    this.#complete(keys, event.resourceVersion);
    this.#named = undefined;
    this.#begin();
    this.#prove();
  }

  #contact(): void {
    this.#lastContactAt = this.#options.now();
  }

  /** The watch works. */
  #prove(): void {
    this.#delivered = true;
    this.#setProblem(undefined);
  }

  #sync(): void {
    if (this.#synced) return;
    const { log, resource, store } = this.#options;
    this.#synced = true;
    log.info({ event: 'source-synced', resource, objects: store.size }, 'everything has been read');
  }

  #report({ result }: Attempt, delayMs: number, problem: string | undefined): void {
    const { log, resource } = this.#options;
    const reason = result.kind === 'ended' ? undefined : result.reason;
    log.debug({ event: `watch-${result.kind}`, resource, reason, delayMs }, 'going on with the watch');
    if (problem !== undefined) this.#setProblem(problem);
  }

  #setProblem(problem: string | undefined): void {
    if (problem === this.#problem) return;
    const { log, resource, onChange } = this.#options;
    if (problem === undefined) log.info({ event: 'source-recovered', resource }, 'the API server answers again');
    else if (this.#problem === undefined)
      log.warn({ event: 'source-lost', resource, problem }, 'serving what is known');
    this.#problem = problem;
    onChange();
  }
}
