import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Logger } from 'pino';
import { explain } from '../model/error.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { SourceStatus } from '../model/status.ts';
import { DirectoryWatch } from './directory-watch.ts';
import { type DocumentProblem, parseDocuments, type RawObject } from './documents.ts';
import { Latch } from './latch.ts';
import {
  changedServices,
  contentOf,
  describeProblems,
  type ManifestContent,
  type ManifestFile,
  mergeFiles,
  nextFile,
} from './manifest-file.ts';
import type { OnChange, Source } from './source.ts';

export interface ManifestSourceOptions {
  readonly directory: string;
  /** The name of this node. */
  readonly node: string;
  readonly log: Logger;
  /** Milliseconds since the epoch; for tests. */
  readonly now?: () => number;
  /** Milliseconds between two looks at the directory where the kernel reports no change. */
  readonly rescanMs?: number;
  /** Milliseconds from the first report of a change to the look: several files are written one after the other. */
  readonly debounceMs?: number;
}

/**
 * A source that serves what the Services, the EndpointSlices and this Node in a directory say. Changes are found by content; what the
 * kernel reports only shortens the wait, for it misses the swaps of a mounted ConfigMap when one file is watched, and
 * everything when it runs out of watches. What was known stays known while the directory is missing or empty.
 */
export function createManifestSource(options: ManifestSourceOptions): Source {
  return new ManifestSource(options);
}

/** A file above this is refused: YAML takes a second for each megabyte, and the checks wait meanwhile. */
const MAX_BYTES = 8 * 1024 * 1024;

type Options = Required<ManifestSourceOptions>;

const NOTHING_READ: Snapshot = {
  services: new Map(),
  slices: new Map(),
  zone: undefined,
  labels: undefined,
  marks: undefined,
  skipped: [],
};

class ManifestSource implements Source {
  readonly #options: Options;
  readonly #hints = new Latch();
  readonly #stopping = new Latch();
  readonly #watch: DirectoryWatch;
  #files: ReadonlyMap<string, ManifestFile> = new Map();
  #snapshot: Snapshot = NOTHING_READ;
  #synced = false;
  #lastContactAt: number | undefined;
  #problem: string | undefined;
  #stopped = false;
  #running: Promise<void> | undefined;

  constructor(options: ManifestSourceOptions) {
    this.#options = { now: Date.now, rescanMs: 5000, debounceMs: 100, ...options };
    this.#watch = new DirectoryWatch(options.directory, () => this.#hints.wake(), options.log);
  }

  start(onChange: OnChange): void {
    this.#running ??= this.#run(onChange);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#hints.wake();
    this.#stopping.wake();
    await this.#running;
  }

  snapshot(): Snapshot {
    return this.#snapshot;
  }

  status(): SourceStatus {
    return {
      kind: 'manifests',
      synced: this.#synced,
      lastContactAt: this.#lastContactAt,
      problem: this.#problem,
      services: this.#snapshot.services.size,
      slices: [...this.#snapshot.slices.values()].reduce((sum, { length }) => sum + length, 0),
    };
  }

  async #run(onChange: OnChange): Promise<void> {
    while (!this.#stopped) {
      this.#hints.reset();
      const before = this.#snapshot;
      const changed = await this.#look();
      if (changed && !this.#stopped) onChange(changedServices(before, this.#snapshot));
      const hinted = await this.#hints.wait(this.#stopped ? 0 : this.#options.rescanMs);
      if (hinted && !this.#stopped) await this.#stopping.wait(this.#options.debounceMs);
    }
    this.#watch.close();
  }

  /** Looks at the whole directory once, and says whether snapshot or status have changed. */
  async #look(): Promise<boolean> {
    const { directory } = this.#options;
    await this.#watch.follow();
    const names = await manifestNames(directory).catch((error: unknown) => explain(error));
    if (typeof names === 'string') return this.#lose(`cannot read ${directory}: ${names}`);
    if (names.length === 0) return this.#lose(`${directory} holds no file named *.yaml, *.yml or *.json`);
    const files: ManifestFile[] = [];
    // One by one, so that a directory of large files is never in memory as a whole.
    for (const name of names) files.push(await lookAtFile(directory, name, this.#files.get(name)));
    return this.#take(files);
  }

  #lose(problem: string): boolean {
    const changed = problem !== this.#problem;
    this.#problem = problem;
    if (changed) this.#options.log.warn({ event: 'source-lost', problem }, 'manifests cannot be read');
    return changed;
  }

  #take(files: readonly ManifestFile[]): boolean {
    const { log, now } = this.#options;
    const recovered = this.#problem !== undefined;
    const changed = files.filter((file) => file !== this.#files.get(file.name));
    const gone = [...this.#files.keys()].filter((name) => !files.some((file) => file.name === name));
    this.#lastContactAt = now();
    this.#problem = undefined;
    if (recovered) log.info({ event: 'source-recovered' }, 'manifests can be read again');
    if (changed.length + gone.length === 0) return recovered;
    this.#files = new Map(files.map((file) => [file.name, file]));
    this.#snapshot = mergeFiles(files, this.#options.node);
    // A file that has never been good says nothing about the cluster; with one good file the rest goes on without it.
    this.#synced ||= files.some(({ content }) => content !== undefined);
    this.#report(changed, gone);
    return true;
  }

  #report(changed: readonly ManifestFile[], gone: readonly string[]): void {
    const { log } = this.#options;
    for (const { name, problem } of changed) {
      if (problem !== undefined)
        log.warn({ event: 'manifest-refused', file: name, problem }, 'file keeps its last good content');
    }
    const read = changed.filter(({ problem }) => problem === undefined).map(({ name }) => name);
    const { services, slices } = this.status();
    if (read.length + gone.length > 0)
      log.info({ event: 'manifests-changed', read, gone, services, slices }, 'manifests have changed');
  }
}

/** Names that begin with a dot are those of a ConfigMap's machinery (`..data`) and of files half written. */
async function manifestNames(directory: string): Promise<string[]> {
  const names = await readdir(directory);
  return names.filter((name) => /^[^.].*\.(?:yaml|yml|json)$/.test(name)).toSorted();
}

async function lookAtFile(directory: string, name: string, before: ManifestFile | undefined): Promise<ManifestFile> {
  const read = await readBytes(join(directory, name)).catch(
    (error: unknown) => `cannot read ${name}: ${explain(error)}`,
  );
  const digest = typeof read === 'string' ? read : createHash('sha256').update(read).digest('hex');
  if (before?.digest === digest) return before;
  const found = typeof read === 'string' ? { problem: read } : await parseFile(name, read);
  return nextFile({ name, digest }, found, before);
}

/** Looks before it opens: a pipe would never end. */
async function readBytes(path: string): Promise<Uint8Array> {
  const found = await stat(path);
  if (!found.isFile()) throw new TypeError('expected a regular file');
  if (found.size > MAX_BYTES) throw new TypeError(`expected at most ${MAX_BYTES} bytes, found ${found.size}`);
  return readFile(path);
}

async function parseFile(name: string, bytes: Uint8Array): Promise<ManifestContent | { readonly problem: string }> {
  const text = decodeUtf8(bytes);
  if (text === undefined) return { problem: `${name}:1:1 expected UTF-8` };
  const objects: RawObject[] = [];
  const problems: DocumentProblem[] = [];
  for (const document of parseDocuments(text)) {
    if (document.problem) problems.push(document.problem);
    else objects.push(...document.objects);
    // The checks of the data plane get their turn between two documents of a long file.
    await setImmediate();
  }
  return problems.length > 0 ? { problem: describeProblems(name, problems) } : contentOf(objects);
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
