/** In milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** By nearest rank. Without a sample, all are NaN. */
export function latency(samples: readonly number[]): Latency {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = (part: number): number => rounded(sorted[Math.max(Math.ceil(part * sorted.length) - 1, 0)] ?? Number.NaN);
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}

/** To a thousandth: more digits mean nothing. */
const rounded = (value: number): number => Math.round(value * 1000) / 1000;
