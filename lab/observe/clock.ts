import type { Lab } from '../lab.ts';

/** Milliseconds since the epoch, as the machine counts them. */
export type Clock = () => number;

const SAMPLES = 10;

/**
 * The clock of the machine, read from here. An emulated one starts from a clock of whole seconds and may be off by as
 * much; user-mode Linux and namespaces have the clock of the host. Of several answers the quickest tells best, and a
 * difference within the time it took is none.
 */
export async function machineClock(lab: Lab): Promise<Clock> {
  const samples: { skew: number; tookMs: number }[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const before = Date.now();
    const inside = await lab.clock();
    const tookMs = Date.now() - before;
    samples.push({ skew: inside - before - tookMs / 2, tookMs });
  }
  const best = samples.reduce((a, b) => (b.tookMs < a.tookMs ? b : a));
  const skew = Math.abs(best.skew) > best.tookMs ? best.skew : 0;
  return () => Math.round(Date.now() + skew);
}
