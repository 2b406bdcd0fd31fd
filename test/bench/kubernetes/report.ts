import type { Latency } from '../latency.ts';
import { latency } from '../latency.ts';
import type { Synced, Usage } from './client/protocol.ts';
import type { Size } from './objects.ts';

/** One life of a client. */
export interface Round {
  readonly sync: Synced;
  /** A series of events as fast as they are read, from the first byte of it to the last change. */
  readonly burst: { readonly events: number; readonly ms: number; readonly cpuMs: number };
  /** Milliseconds from an event's way into the server's socket to what is measured, at `EVENTS_PER_SECOND`. */
  readonly latencies: readonly number[];
  /** A while after the last event. */
  readonly settled: Usage;
}

export const CLIENTS = ['source', 'informer', 'agent'] as const;
export type ClientName = (typeof CLIENTS)[number];

export const EVENTS_PER_SECOND = 300;

/** One life of the agent as it ships, over real IPVS. */
export interface Life extends Size {
  /** Of the lab: native, uml or qemu. */
  readonly machine: string;
  readonly eventsPerSecond: number;
  /** Milliseconds from an event's way into the server's socket until the kernel has its change. */
  readonly latencies: readonly number[];
  /** System calls on netlink sockets while the events came, for each. */
  readonly callsPerEvent: number;
  readonly settled: Usage;
}

export interface AgentReport extends Size {
  readonly machine: string;
  readonly eventsPerSecond: number;
  /** From the event to IPVS. */
  readonly toKernel: Latency;
  readonly callsPerEvent: number;
  /** In MiB. */
  readonly rss: number;
  readonly peakRss: number;
  readonly heap: number;
}

/** By both, from the medians of the rounds; `ratio` says how many times as well fairlead does. */
export interface Figure {
  readonly ratio: number;
  readonly ours: number;
  readonly oursRange: Range;
  readonly baseline: number;
  readonly baselineRange: Range;
}
type Range = readonly [min: number, max: number];

/** What an issue or a page asks of a figure. */
export interface Bound {
  /** Where in the report: `rss.ratio`. */
  readonly figure: string;
  readonly value: number;
  readonly bound: string;
  readonly ok: boolean;
}

/** fairlead's source beside client-node's informers: memory in MiB, times in milliseconds. */
export interface SourceReport extends Size {
  readonly rounds: number;
  readonly sync: Figure;
  readonly syncCpu: Figure;
  readonly stall: Figure;
  readonly stallMs: number;
  readonly rss: { readonly ratio: number; readonly peak: Figure; readonly settled: Figure };
  readonly heap: Figure;
  readonly eventsPerSecond: Figure;
  /** Microseconds of the processor for each event of a burst. */
  readonly cpuPerEvent: Figure;
  /** From the event to the change as the client tells it. */
  readonly change: { readonly ours: Latency; readonly baseline: Latency };
  /** From the event to the netlink message that the agent writes for it. */
  readonly netlinkWrite: Latency;
}

/** The rounds of each client at one size. */
export type Raw = Size & { readonly rounds: Readonly<Record<ClientName, readonly Round[]>> };

export function sourceReport({ rounds, ...size }: Raw): SourceReport {
  const { agent, informer, source } = rounds;
  const less = (of: (round: Round) => number): Figure => compare(source.map(of), informer.map(of), 'less');
  const more = (of: (round: Round) => number): Figure => compare(source.map(of), informer.map(of), 'more');
  const stall = less(({ sync }) => sync.stallMs);
  const peak = less(({ sync }) => mebibytes(sync.after.peakRss));
  const settled = less(({ settled: { rss } }) => mebibytes(rss));
  return {
    ...size,
    rounds: source.length,
    sync: less(({ sync }) => sync.ms),
    syncCpu: less(({ sync }) => sync.after.cpuMs - sync.before.cpuMs),
    stall,
    stallMs: stall.ours,
    // The worse one counts.
    rss: { ratio: Math.min(peak.ratio, settled.ratio), peak, settled },
    heap: less((round) => mebibytes(round.settled.heapUsed)),
    eventsPerSecond: more(({ burst }) => (burst.events * 1000) / burst.ms),
    cpuPerEvent: less(({ burst }) => (burst.cpuMs * 1000) / burst.events),
    change: { ours: usual(source), baseline: usual(informer) },
    netlinkWrite: usual(agent),
  };
}

/** Each percentile is the median of the rounds: one hiccup of the machine spoils one round. */
function usual(rounds: readonly Round[]): Latency {
  const each = rounds.map(({ latencies }) => latency(latencies));
  const of = (name: keyof Latency): number => median(each.map((one) => one[name]));
  return { p50: of('p50'), p95: of('p95'), p99: of('p99'), max: of('max') };
}

function compare(ours: readonly number[], baseline: readonly number[], better: 'less' | 'more'): Figure {
  const [a, b] = [median(ours), median(baseline)];
  return {
    ratio: rounded(better === 'less' ? b / a : a / b),
    ours: a,
    oursRange: rangeOf(ours),
    baseline: b,
    baselineRange: rangeOf(baseline),
  };
}

const rangeOf = (values: readonly number[]): Range => [rounded(Math.min(...values)), rounded(Math.max(...values))];

/** Of an even number, the mean of the two in the middle. Without a value, NaN. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  return rounded((at(Math.floor(middle)) + at(Math.ceil(middle))) / 2);
}

const mebibytes = (bytes: number): number => bytes / 2 ** 20;

/** To a hundredth: more digits mean nothing. */
const rounded = (value: number): number => Math.round(value * 100) / 100;

export function agentReport({ callsPerEvent, latencies, settled, ...rest }: Life): AgentReport {
  return {
    ...rest,
    toKernel: latency(latencies),
    callsPerEvent: rounded(callsPerEvent),
    rss: rounded(mebibytes(settled.rss)),
    peakRss: rounded(mebibytes(settled.peakRss)),
    heap: rounded(mebibytes(settled.heapUsed)),
  };
}

export const agentBounds = (large: AgentReport, small: AgentReport): Bound[] => [
  atMost('agent.rss', large.rss, 200),
  atMost('smallAgent.rss', small.rss, 120),
];

/** What the figures of 10,000 Services with 100,000 endpoints are held to. */
export const sourceBounds = ({ netlinkWrite, rss, stallMs, syncCpu }: SourceReport): Bound[] => [
  atLeast('rss.ratio', rss.ratio, 3.5),
  atLeast('syncCpu.ratio', syncCpu.ratio, 2),
  atMost('stallMs', stallMs, 150),
  atMost('netlinkWrite.p50', netlinkWrite.p50, 2),
  atMost('netlinkWrite.p99', netlinkWrite.p99, 10),
];

const atLeast = (figure: string, value: number, bound: number): Bound => ({
  figure,
  value,
  bound: `>= ${bound}`,
  ok: value >= bound,
});

const atMost = (figure: string, value: number, bound: number): Bound => ({
  figure,
  value,
  bound: `<= ${bound}`,
  ok: value <= bound,
});
