import type { Outcome } from './check.ts';

/** What the conntrack table holds and may hold, and what has been dropped for it since the boot. */
export interface TableUse {
  readonly count: number;
  /** 0 for no limit. */
  readonly max: number;
  readonly drops: number;
}

/** What the last look at the table came to. */
export interface Headroom {
  readonly full: boolean;
  readonly drops: number;
}

/** In hundredths of the table. Between the two, what was said last stands. */
const FULL = 95;
const ROOMY = 85;

/**
 * Whether the conntrack table has room for new connections. New ones are dropped when it is full, and nothing else of
 * the data plane shows that. Drops count only in a table that is filled well: the kernel counts a clash of two entries,
 * as of two DNS queries from one port, as a drop as well.
 *
 * @param before undefined at the first look
 */
export function judgeHeadroom(use: TableUse, before: Headroom | undefined): Headroom & Outcome {
  const { count, drops, max } = use;
  const percent = max === 0 ? 0 : (count / max) * 100;
  const more = before === undefined ? 0 : drops - before.drops;
  const full = percent >= FULL || (percent >= ROOMY && (more > 0 || before?.full === true));
  const dropped = more > 0 && percent >= ROOMY ? `, ${more} packets dropped` : '';
  return { full, drops, ok: !full, detail: `${count} of ${max === 0 ? 'any number of' : max} entries${dropped}` };
}

/**
 * The packets dropped, over all processors: /proc/net/stat/nf_conntrack has a line of hexadecimal numbers for each,
 * below one of names. 0 where it has no such column.
 */
export function dropsIn(statistics: string): number {
  const [names = '', ...processors] = statistics.trim().split('\n');
  const column = names.trim().split(/\s+/).indexOf('drop');
  if (column < 0) return 0;
  return processors.reduce((sum, line) => sum + (Number.parseInt(line.trim().split(/\s+/)[column] ?? '', 16) || 0), 0);
}
