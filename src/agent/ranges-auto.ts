import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { Prefix } from '../model/address.ts';
import { SkipList } from '../model/skip-list.ts';
import type { Skipped } from '../model/snapshot.ts';
import type { ServiceCidrsStatus } from '../model/status.ts';
import type { ServiceCidrs } from '../source/service-cidrs.ts';
import type { Source } from '../source/source.ts';
import { readRangesFile, writeRangesFile } from './ranges-file.ts';
import { rangesStep, siftRanges, usedBy } from './ranges-known.ts';
import { Repeater } from './repeater.ts';

/**
 * Between two looks. Nothing but the first ranges is taken up any sooner, so that the nodes, whose looks fall at different
 * times, do not all do it at one moment.
 */
const LOOK_EVERY_MS = 2000;

export interface AutoRangesOptions {
  /** That of now. */
  readonly config: () => Config;
  readonly cidrs: Pick<ServiceCidrs, 'all' | 'problem' | 'skipped' | 'start' | 'stop' | 'synced'>;
  /** What says which ranges are in use. */
  readonly source: Pick<Source, 'snapshot' | 'status'>;
  /** Where the ranges are kept for the next process. */
  readonly file: string;
  /** The ranges of this node until it learns of others, where they do not stand in the file. */
  readonly known?: readonly Prefix[] | undefined;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  /** Takes up the ranges. Called one at a time, again and again; may have more to do about those of before. */
  readonly become: (ranges: readonly Prefix[]) => Promise<unknown>;
  readonly lookEveryMs?: number;
}

/** The ranges that the ServiceCIDRs of the cluster ask for: learned, kept, and followed. */
export class AutoRanges {
  readonly #options: AutoRangesOptions;
  readonly #looks: Repeater;
  readonly #skips = new SkipList();
  readonly #failed = Promise.withResolvers<never>();
  #known: readonly Prefix[];
  #doubt: string | undefined;

  constructor(options: AutoRangesOptions) {
    this.#options = options;
    const { file, log, lookEveryMs = LOOK_EVERY_MS } = options;
    this.#known = options.known ?? readRangesFile(file, log) ?? [];
    this.#looks = new Repeater(
      () => this.#look(),
      () => lookEveryMs,
    );
    // Whoever waits for it learns of it all the same.
    this.#failed.promise.catch(() => {});
  }

  /** Rejects once the ranges could not be taken up. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Begins with the ranges that an earlier process kept, if there are any. Rejects where those cannot be taken up. */
  async start(): Promise<void> {
    if (this.#known.length > 0) await this.#options.become(this.#known);
    this.#options.cidrs.start(() => {
      if (this.#known.length === 0) this.#looks.trigger();
    });
    this.#looks.start();
  }

  async stop(): Promise<void> {
    await Promise.all([this.#looks.stop(), this.#options.cidrs.stop()]);
  }

  /** The ranges that are to be those of this node; none before any are known. */
  get known(): readonly Prefix[] {
    return this.#known;
  }

  /** What of the ServiceCIDRs is left out: the same array for as long as nothing about it changes. */
  get skipped(): readonly Skipped[] {
    return this.#skips.all;
  }

  /** Why the ranges may not be those of now; undefined while they are. */
  get outdated(): string | undefined {
    const { problem, synced } = this.#options.cidrs;
    if (problem !== undefined) return `${problem}${adviceFor(problem)}`;
    return synced ? this.#doubt : 'the ServiceCIDRs have not been read yet';
  }

  /** Why there are no ranges to begin with; undefined once there are. */
  get unknown(): string | undefined {
    if (this.#known.length > 0) return undefined;
    return this.outdated ?? 'expected a ServiceCIDR with a prefix that can be a range, found none';
  }

  get status(): ServiceCidrsStatus {
    const { all, problem, synced } = this.#options.cidrs;
    return { objects: Object.fromEntries(all.map(({ name, prefixes }) => [name, prefixes])), synced, problem };
  }

  async #look(): Promise<void> {
    if (this.#options.cidrs.synced) this.#learn();
    if (this.#known.length === 0) return;
    try {
      await this.#options.become(this.#known);
    } catch (error) {
      this.#failed.reject(error);
      void this.#looks.stop();
    }
  }

  #learn(): void {
    const { cidrs, config, file, log, source } = this.#options;
    const { ranges: found, skipped } = siftRanges(cidrs.all, config());
    this.#skips.set('objects', cidrs.skipped);
    this.#skips.set('ranges', skipped);
    const inUse = usedBy(source.snapshot(), found);
    const known = rangesStep(this.#known, found, (range) => !source.status().synced || inUse(range));
    const lost = known.filter((range) => !found.includes(range));
    this.#doubt = lost.length === 0 ? undefined : `${lost.join(', ')}: in no ServiceCIDR, and ${WHY_KEPT}`;
    if (known === this.#known) return;
    log.info({ event: 'ranges-learned', before: this.#known, ranges: known }, 'the ServiceCIDRs ask for other ranges');
    this.#known = known;
    writeRangesFile(file, known, log);
  }
}

const WHY_KEPT = 'there is no other one, or a Service still has an address in there';

/** The refusals that no waiting helps against. */
function adviceFor(problem: string): string {
  if (problem.startsWith('HTTP 404')) return ' (a cluster before Kubernetes 1.33 has none: write the `ranges` down)';
  if (problem.startsWith('HTTP 403')) return ' (grant list and watch of servicecidrs, or write the `ranges` down)';
  return '';
}
