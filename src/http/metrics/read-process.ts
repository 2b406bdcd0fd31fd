import { readdirSync, readFileSync } from 'node:fs';
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { emptyHistogram, type Histogram, observed } from '../../model/histogram.ts';
import { ipvsTotals, maxFdsIn, type Reading } from './process.ts';

/** In seconds. */
const PAUSE_BOUNDS = [0.001, 0.01, 0.1, 1];
const KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};

/**
 * Reads what this process costs. Our own in place of prom-client's default metrics: those keep a timer that wakes the
 * process a hundred times a second to know the lag of the event loop, count one of several collections that are told at
 * once, and have gauges that are named like counters.
 */
export class ProcessReader {
  readonly #root: string;
  readonly #maxFds: number | undefined;
  #collections: Readonly<Record<string, Histogram>> = {};
  readonly #observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) this.#collected(entry);
  });

  /** @param root where the kernel tells of itself */
  constructor(root = '/proc') {
    this.#root = root;
    this.#maxFds = maxFdsIn(this.#ask('self/limits') ?? '');
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  close(): void {
    this.#observer.disconnect();
  }

  async read(): Promise<Reading> {
    const begin = performance.now();
    await setImmediate();
    const loopLagSeconds = (performance.now() - begin) / 1000;
    const { system, user } = process.cpuUsage();
    const { external, heapTotal, heapUsed, rss } = process.memoryUsage();
    return {
      cpuSeconds: (user + system) / 1e6,
      residentMemory: rss,
      heapTotal,
      heapUsed,
      externalMemory: external,
      openFds: this.#openFds(),
      maxFds: this.#maxFds,
      startedAtSeconds: performance.timeOrigin / 1000,
      nodeVersion: process.version,
      loopActiveSeconds: performance.eventLoopUtilization().active / 1000,
      loopLagSeconds,
      collections: this.#collections,
      ...this.#kernel(),
    };
  }

  #kernel(): Pick<Reading, 'conntrack' | 'ipvs'> {
    const [entries, limit] = ['count', 'max'].map((name) => this.#ask(`sys/net/netfilter/nf_conntrack_${name}`));
    const statistics = this.#ask('net/ip_vs_stats');
    return {
      conntrack: entries && limit ? { entries: Number(entries), limit: Number(limit) } : undefined,
      ipvs: statistics === undefined ? undefined : ipvsTotals(statistics),
    };
  }

  /** Without the one that the directory itself is read by. */
  #openFds(): number | undefined {
    try {
      return readdirSync(`${this.#root}/self/fd`).length - 1;
    } catch {
      return undefined;
    }
  }

  /** @returns undefined where the kernel has no such file, or there is no descriptor to read it by */
  #ask(path: string): string | undefined {
    try {
      return readFileSync(`${this.#root}/${path}`, 'utf8');
    } catch {
      return undefined;
    }
  }

  #collected(entry: PerformanceEntry): void {
    const kind = kindOf(entry);
    const before = this.#collections[kind] ?? emptyHistogram(PAUSE_BOUNDS);
    this.#collections = { ...this.#collections, [kind]: observed(before, entry.duration / 1000) };
  }
}

/** The types know of no detail here (perf_hooks, PerformanceNodeEntry). */
function kindOf(entry: PerformanceEntry & { readonly detail?: unknown }): string {
  const { detail } = entry;
  const kind = typeof detail === 'object' && detail !== null && 'kind' in detail ? detail.kind : undefined;
  return (typeof kind === 'number' ? KINDS[kind] : undefined) ?? 'other';
}
