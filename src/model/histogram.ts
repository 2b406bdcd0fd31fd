/** How often something took how long, for a Prometheus histogram. */
export interface Histogram {
  /** Upper bounds, each part of what it bounds, the lowest first. */
  readonly bounds: readonly number[];
  /** How much was seen up to each bound and beyond the one before, and what lies beyond the last. Not added up. */
  readonly counts: readonly number[];
  /** Of all that was seen. */
  readonly sum: number;
}

/** Nothing seen yet. */
export const emptyHistogram = (bounds: readonly number[]): Histogram => ({
  bounds,
  counts: Array.from({ length: bounds.length + 1 }, () => 0),
  sum: 0,
});

/** The histogram after one more value. */
export function observed({ bounds, counts, sum }: Histogram, value: number): Histogram {
  const first = bounds.findIndex((bound) => value <= bound);
  const index = first === -1 ? bounds.length : first;
  return { bounds, counts: counts.with(index, (counts[index] ?? 0) + 1), sum: sum + value };
}
