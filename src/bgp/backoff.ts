/** How long to wait between tries: the first wait, the longest, and how many are as short as the first. */
export interface Backoff {
  readonly firstMs: number;
  readonly mostMs: number;
  readonly patient: number;
}

/**
 * Milliseconds to the next try: twice as long with each failure after the first `patient` ones, up to the longest, and a
 * fifth more or less, so that many nodes which failed together do not try together.
 *
 * @param failures in a row so far
 * @param random from 0 to 1
 */
export function backoff({ firstMs, mostMs, patient }: Backoff, failures: number, random: number): number {
  const doublings = Math.min(Math.max(failures - patient, 0), 30);
  return Math.min(firstMs * 2 ** doublings, mostMs) * (0.8 + 0.4 * random);
}
