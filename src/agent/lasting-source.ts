import { SkipList } from '../model/skip-list.ts';
import type { Skipped, Snapshot } from '../model/snapshot.ts';
import type { SourceStatus } from '../model/status.ts';
import type { OnChange, Source } from '../source/source.ts';

/**
 * A source that outlives the agents that use it, one after the other: each begins with all that is known, as if it had been
 * read that moment, so that nothing depends on the API server when one agent follows another.
 */
export class LastingSource implements Source {
  readonly #source: Source;
  readonly #leftOut: () => readonly Skipped[];
  readonly #skips = new SkipList();
  #started = false;
  /** Whether the agent of now has been told of all Services: what it does not know of, it would take out of the kernel. */
  #told = false;
  #onChange: OnChange = () => {};

  /** @param leftOut what else was left out: the same array for as long as nothing about it changes */
  constructor(source: Source, leftOut: () => readonly Skipped[]) {
    this.#source = source;
    this.#leftOut = leftOut;
  }

  start(onChange: OnChange): void {
    this.#onChange = onChange;
    if (!this.#started) this.#source.start((services) => this.#onChange(services));
    this.#started = true;
    queueMicrotask(() => this.#tellAll(onChange));
  }

  /** For this agent alone: the source itself goes on. */
  async stop(): Promise<void> {
    this.#onChange = () => {};
    this.#told = false;
  }

  /** Ends the source itself. */
  async end(): Promise<void> {
    await this.stop();
    await this.#source.stop();
  }

  snapshot(): Snapshot {
    const snapshot = this.#source.snapshot();
    this.#skips.set('source', snapshot.skipped);
    this.#skips.set('ranges', this.#leftOut());
    return { ...snapshot, skipped: this.#skips.all };
  }

  status(): SourceStatus {
    const status = this.#source.status();
    return { ...status, synced: status.synced && this.#told };
  }

  #tellAll(onChange: OnChange): void {
    if (this.#onChange !== onChange) return;
    this.#told = true;
    onChange(new Set(this.#source.snapshot().services.keys()));
  }
}
