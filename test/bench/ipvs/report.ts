import type { Size } from './workload.ts';

/** Milliseconds, one for each time the work was done. */
export interface Times {
  readonly load: number[];
  readonly read: number[];
  readonly change1: number[];
  readonly change100: number[];
}
type Work = keyof Times;

/** What a process holds, in bytes. */
export interface Memory {
  readonly rss: number;
  readonly heapUsed: number;
}

/** What was measured at one size, as the guest tells it. */
export interface Raw {
  readonly size: Size;
  readonly repetitions: number;
  readonly fairlead: Times;
  readonly ipvsadm: Times;
  /** Each audit that found no drift: how long it took, and how many changes it made all the same. */
  readonly audits: { readonly ms: number; readonly writes: number }[];
  /** Netlink messages sent for each change of one real server. */
  readonly messages: number[];
  /** Milliseconds from a changed EndpointSlice to the kernel's answer. */
  readonly endToEnd: number[];
  /** The process of fairlead without a table, and with the table wanted, loaded and read once. */
  memory: { readonly without: Memory; readonly with: Memory } | undefined;
}

/** Median, least and most. */
interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

interface Ours {
  readonly oursMs: number;
  readonly oursRangeMs: readonly [min: number, max: number];
}

/** One kind of work by both, from the medians; `ratio` says how many times as long ipvsadm takes. */
export interface Figure extends Ours {
  readonly ratio: number;
  readonly baselineMs: number;
  readonly baselineRangeMs: readonly [min: number, max: number];
}

export interface SizeReport extends Size, Record<Work, Figure> {
  readonly repetitions: number;
  readonly audit: Ours & { readonly writes: number };
  readonly endToEnd: Ours;
  /** The most there were. */
  readonly messagesPerChange: number;
  /** In MiB. */
  readonly memory: Record<'rssWithout' | 'rssWith' | 'heapWithout' | 'heapWith', number> | undefined;
}

/** What `ratio` is to be at least. */
export type Targets = Partial<Record<Work, number>>;

/** At 2,000 virtual servers with 5 real servers each. */
export const TARGETS: Targets = { load: 10, change1: 500, change100: 50 };

/** The least number of messages that a change may take is one; more than this would be a round trip too many. */
export const MOST_MESSAGES = 2;

export function reportOf({
  audits,
  endToEnd,
  fairlead,
  ipvsadm,
  memory,
  messages,
  repetitions,
  size,
}: Raw): SizeReport {
  const figure = (work: Work): Figure => compare(spread(fairlead[work]), spread(ipvsadm[work]));
  return {
    ...size,
    repetitions,
    load: figure('load'),
    read: figure('read'),
    change1: figure('change1'),
    change100: figure('change100'),
    audit: { ...ours(spread(audits.map(({ ms }) => ms))), writes: Math.max(...audits.map(({ writes }) => writes)) },
    endToEnd: ours(spread(endToEnd)),
    messagesPerChange: Math.max(...messages),
    memory: memory && inMebibytes(memory),
  };
}

const ours = ({ max, median, min }: Spread): Ours => ({ oursMs: median, oursRangeMs: [min, max] });

const inMebibytes = ({ with: loaded, without }: NonNullable<Raw['memory']>): SizeReport['memory'] => ({
  rssWithout: mebibytes(without.rss),
  rssWith: mebibytes(loaded.rss),
  heapWithout: mebibytes(without.heapUsed),
  heapWith: mebibytes(loaded.heapUsed),
});

const compare = (fairlead: Spread, ipvsadm: Spread): Figure => ({
  ratio: rounded(ipvsadm.median / fairlead.median),
  ...ours(fairlead),
  baselineMs: ipvsadm.median,
  baselineRangeMs: [ipvsadm.min, ipvsadm.max],
});

/** Of an even number, the median is the mean of the two in the middle. Without a sample, all are NaN. */
function spread(samples: readonly number[]): Spread {
  const sorted = samples.map(rounded).toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  return {
    median: rounded((at(Math.floor(middle)) + at(Math.ceil(middle))) / 2),
    min: at(0),
    max: at(sorted.length - 1),
  };
}

const mebibytes = (bytes: number): number => Math.round((bytes / 2 ** 20) * 10) / 10;

/** To a thousandth: more digits mean nothing. */
const rounded = (value: number): number => Math.round(value * 1000) / 1000;
