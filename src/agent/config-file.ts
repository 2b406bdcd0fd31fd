import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { changedKeys } from '../config/changed-keys.ts';
import type { Config } from '../config/config.ts';
import { configOf, type ConfigText, keepLastGood, LAST_GOOD, readText } from '../config/load.ts';
import { explain, FairleadError } from '../model/error.ts';
import type { ConfigStatus } from '../model/status.ts';
import { DirectoryWatch } from '../source/directory-watch.ts';
import { Latch } from '../source/latch.ts';

/** What has become of a configuration: in service, or a reason why it is to be offered once more. */
export type Taken = 'taken' | { readonly waiting: string };

export interface ConfigFileOptions {
  readonly file: string;
  /** What the process has started with. */
  readonly started: ConfigText;
  /** What was wrong with the file at that time. */
  readonly problems: readonly string[];
  /** Takes another configuration up. One at a time. What it rejects with is what is wrong with the file. */
  readonly take: (config: Config) => Promise<Taken>;
  readonly log: Logger;
  /** The rest is for tests. Where the last good file is kept, milliseconds between two looks, and for a file to come to rest. */
  readonly copy?: string;
  readonly lookEveryMs?: number;
  readonly settleMs?: number;
}

/**
 * Follows the configuration file while the process runs. The kernel's reports about its directory only shorten the wait: they
 * tell of editors, which put another file in its place, and of a mounted ConfigMap, whose link `..data` is swapped, and miss a
 * directory that is itself replaced. A bad file changes nothing, and is told of once.
 */
export class ConfigFile {
  readonly #options: Required<ConfigFileOptions>;
  readonly #hints = new Latch();
  readonly #settling = new Latch();
  readonly #watch: DirectoryWatch;
  #text: string;
  #loadedAt = Date.now();
  #problems: readonly string[];
  #waiting: string | undefined;
  /** What was read last: a text, or why there was none. */
  #seen: string | undefined;
  #stopped = false;
  #running: Promise<void> | undefined;

  constructor(options: ConfigFileOptions) {
    this.#options = { copy: LAST_GOOD, lookEveryMs: 5000, settleMs: 200, ...options };
    this.#text = options.started.text;
    this.#problems = options.problems;
    this.#watch = new DirectoryWatch(dirname(options.file), () => this.#hints.wake(), options.log);
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Looks at once. */
  look(): void {
    this.#hints.wake();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#hints.wake();
    this.#settling.wake();
    await this.#running;
    this.#watch.close();
  }

  get status(): Omit<ConfigStatus, 'needsRestart'> {
    const hash = createHash('sha256').update(this.#text).digest('hex');
    const waiting = this.#waiting;
    return { hash, loadedAt: this.#loadedAt, problems: this.#problems, ...(waiting !== undefined && { waiting }) };
  }

  async #run(): Promise<void> {
    const { lookEveryMs } = this.#options;
    while (!this.#stopped) {
      await this.#watch.follow();
      await this.#look();
      if (this.#stopped) return;
      const isHinted = await this.#hints.wait(this.#waiting === undefined ? lookEveryMs : RETRY_MS);
      if (isHinted) await this.#settle();
    }
  }

  /** Lets whoever writes finish, for half a file is a bad one, but not for ever: others may write beside it. */
  async #settle(): Promise<void> {
    for (let round = 0; round < MOST_ROUNDS; round++) {
      this.#hints.reset();
      await this.#settling.wait(this.#options.settleMs);
      if (this.#stopped || !this.#hints.isWoken) return;
    }
  }

  async #look(): Promise<void> {
    const { file } = this.#options;
    const read = await readText(file).then(
      (text) => ({ text }),
      (error: unknown) => ({ error }),
    );
    const seen = 'text' in read ? read.text : explain(read.error);
    const isNew = seen !== this.#seen;
    if (this.#stopped || (!isNew && this.#waiting === undefined)) return;
    this.#seen = seen;
    const isInService = seen === this.#text && this.#waiting === undefined && this.#problems.length === 0;
    if (isInService) return;
    try {
      if ('error' in read) throw read.error;
      await this.#offer(read.text, configOf(read.text, file), isNew);
    } catch (error) {
      this.#refuse(error);
    }
  }

  async #offer(text: string, config: Config, isNew: boolean): Promise<void> {
    const { log, take } = this.#options;
    const taken = await take(config);
    this.#problems = [];
    if (taken === 'taken') return this.#taken(text);
    this.#waiting = taken.waiting;
    if (isNew) log.info({ event: 'config-waits', waiting: taken.waiting }, 'another configuration is taken up later');
  }

  async #taken(text: string): Promise<void> {
    const { copy, log } = this.#options;
    const changed = changedKeys(this.#text, text);
    this.#waiting = undefined;
    if (text !== this.#text) this.#loadedAt = Date.now();
    this.#text = text;
    log.info({ event: 'config-taken-up', changed }, 'the configuration file is good, and in service');
    const notKept = await keepLastGood(text, copy);
    if (notKept !== undefined) log.warn({ event: 'config-not-kept', detail: notKept }, 'no copy could be kept of it');
  }

  #refuse(error: unknown): void {
    const problems = explain(error).split('\n');
    const isSaid = isDeepStrictEqual(problems, this.#problems);
    this.#waiting = undefined;
    this.#problems = problems;
    if (isSaid) return;
    const code = error instanceof FairleadError ? error.code : undefined;
    this.#options.log.error({ event: 'config-stale', code, problems }, 'running on the last good configuration');
  }
}

/** What puts a configuration off is over at some time of which nobody tells. */
const RETRY_MS = 1000;
const MOST_ROUNDS = 10;
