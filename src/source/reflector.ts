import type { Logger } from 'pino';
import { explain } from '../model/error.ts';
import { type ApiClient, ApiRefusal, type Query } from './api-client.ts';
import { arrayAt, isObject, objectAt, textAt } from './json.ts';
import { Latch } from './latch.ts';
import type { ObjectStore } from './object-store.ts';
import { type Attempt, BEGINNING, PACE, type Pace, type Progress, stepAfter } from './reflector-step.ts';
import { LineSplitter, parseWatchLine, type WatchEvent } from './watch-line.ts';

export interface ReflectorOptions {
  /** For log lines and messages: `services`. */
  readonly resource: string;
  readonly path: string;
  /** Which objects of it: `labelSelector`, `fieldSelector`. */
  readonly selector: Query;
  readonly client: ApiClient;
  readonly store: Pick<ObjectStore<unknown>, 'delete' | 'put' | 'retain' | 'size'>;
  readonly log: Logger;
  readonly onChange: () => void;
  readonly pace?: Pace;
  readonly now?: () => number;
  readonly random?: () => number;
}

/** Everything has to be listed anew before a watch can go on. */
class Expired extends Error {}

/** The server itself reported a failure inside of a stream. */
class StreamFailure extends Error {
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * Keeps a store equal to one resource of the API server: a list in pages, then a watch from where the list ended, for
 * ever. Nothing that the server does or fails to do ends it, and nothing but a complete list or a DELETED event ever
 * takes an object out of the store.
 */
export class Reflector {
  readonly #options: Required<ReflectorOptions>;
  readonly #abort = new AbortController();
  readonly #pause = new Latch();
  #progress: Progress = BEGINNING;
  #running: Promise<void> | undefined;
  #delivered = false;
  /** When the watch of now began; undefined while there is none. */
  #acceptedAt: number | undefined;
  #confirmEmpty = false;
  #synced = false;
  #lastContactAt: number | undefined;
  #problem: string | undefined;

  constructor(options: ReflectorOptions) {
    this.#options = { pace: PACE, now: Date.now, random: Math.random, ...options };
  }

  /** Whether everything has been listed at least once. */
  get synced(): boolean {
    return this.#synced;
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
    this.#acceptedAt = undefined;
    const result = await this.#listAndWatch().then(() => ({ kind: 'ended' }) as const, resultOf);
    const livedMs = this.#acceptedAt === undefined ? 0 : this.#options.now() - this.#acceptedAt;
    return { result, delivered: this.#delivered, livedMs };
  }

  async #listAndWatch(): Promise<void> {
    if (this.#progress.resourceVersion === undefined) await this.#list();
    await this.#watch();
  }

  /** Small pages: the whole list at once would cost five times the memory and stop the agent for a second. */
  async #list(): Promise<void> {
    const { client, path, selector, store, onChange } = this.#options;
    const keys = new Set<string>();
    let page: Page = { items: [], next: undefined, resourceVersion: undefined };
    do {
      const query = { ...selector, limit: '100', continue: page.next };
      page = pageOf(await client.get(path, query, this.#abort.signal));
      this.#contact();
      for (const item of page.items) keys.add(store.put(item) ?? '');
      onChange();
    } while (page.next !== undefined);
    this.#confirm(keys);
    store.retain(keys);
    this.#progress = { ...this.#progress, resourceVersion: page.resourceVersion };
    // A list alone does not end a problem: where every watch is refused, one list after the other still succeeds.
    this.#delivered = true;
    this.#sync();
    onChange();
  }

  /** A server that has lost its storage lists nothing, and succeeds. Only a second empty list is believed. */
  #confirm(keys: ReadonlySet<string>): void {
    const doubtful = keys.size === 0 && this.#options.store.size > 0 && !this.#confirmEmpty;
    this.#confirmEmpty = doubtful;
    if (doubtful) throw new Error(`an empty list, where ${this.#options.store.size} objects were known`);
  }

  async #watch(): Promise<void> {
    const { client, path, selector, pace } = this.#options;
    const { resourceVersion } = this.#progress;
    const timeoutSeconds = this.#watchSeconds();
    const query = { ...selector, resourceVersion, allowWatchBookmarks: 'true', timeoutSeconds };
    const stream = await client.watch(path, query, this.#abort.signal);
    this.#contact();
    this.#acceptedAt = this.#lastContactAt;
    const settled = setTimeout(() => this.#prove(), pace.settledMs);
    try {
      const lines = new LineSplitter();
      for await (const chunk of stream) for (const line of lines.push(chunk)) this.#apply(parseWatchLine(line));
    } finally {
      clearTimeout(settled);
    }
  }

  /** Five to ten minutes, as client-go asks for: the watches of a whole fleet do not end at one moment. */
  #watchSeconds(): string {
    return String(Math.round(300 + 300 * this.#options.random()));
  }

  #apply(event: WatchEvent): void {
    this.#contact();
    if (event.type === 'failed') throw new StreamFailure(event.reason, event.retryAfterMs);
    if (event.type === 'expired' || event.type === 'odd') throw new Expired(event.reason);
    const { store, onChange } = this.#options;
    if (event.type === 'changed') store.put(event.object);
    if (event.type === 'deleted') store.delete(event.key);
    this.#progress = { ...this.#progress, resourceVersion: event.resourceVersion };
    this.#prove();
    if (event.type !== 'bookmark') onChange();
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
    log.info({ event: 'source-synced', resource, objects: store.size }, 'everything has been listed');
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

interface Page {
  readonly items: readonly unknown[];
  readonly next: string | undefined;
  readonly resourceVersion: string | undefined;
}

function pageOf(body: unknown): Page {
  if (!isObject(body)) throw new TypeError('expected a list, found no JSON object');
  const metadata = objectAt(body, 'metadata');
  const resourceVersion = textAt(metadata, 'resourceVersion');
  if (resourceVersion === undefined) throw new TypeError('expected a list, found an object without resourceVersion');
  return { items: arrayAt(body, 'items'), next: textAt(metadata, 'continue') || undefined, resourceVersion };
}

function resultOf(error: unknown): Attempt['result'] {
  const reason = explain(error);
  const gone = error instanceof ApiRefusal && error.status === 410;
  if (gone || error instanceof Expired || error instanceof RangeError) return { kind: 'expired', reason };
  const hinted = error instanceof ApiRefusal || error instanceof StreamFailure;
  return { kind: 'lost', reason, retryAfterMs: hinted ? error.retryAfterMs : 0 };
}
