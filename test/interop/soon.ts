import { setTimeout as sleep } from 'node:timers/promises';
import { inspect, isDeepStrictEqual } from 'node:util';

/** A property that does not hold, and what was seen in its place. */
export class NotOk extends Error {}

/** How long what is to come is waited for: a session of gobgpd 3.10 takes up to 10 s where it dials. */
const PATIENCE = 20_000;
const INTERVAL = 100;

/** Waits until what is seen is what is expected. @throws {NotOk} with what was seen last */
export async function sees<T>(what: string, look: () => Promise<T> | T, expected: T, withinMs = PATIENCE): Promise<T> {
  const fits = (seen: T): boolean => isDeepStrictEqual(seen, expected);
  return fitting(what, look, fits, show(expected), withinMs);
}

/** As `sees`, for what cannot be said in full. */
export async function fitting<T>(
  what: string,
  look: () => Promise<T> | T,
  fits: (seen: T) => boolean,
  expected: string,
  withinMs = PATIENCE,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (fits(seen)) return seen;
    if (Date.now() > deadline) throw new NotOk(`${what}: expected ${expected}, seen ${show(seen)}`);
    await sleep(INTERVAL);
  }
}

/** Looks for a while, and wants to see the same all the time. @throws {NotOk} with what came in between */
export async function stays<T>(what: string, look: () => Promise<T> | T, expected: T, forMs = 1500): Promise<void> {
  const end = Date.now() + forMs;
  while (Date.now() < end) {
    const seen = await look();
    if (!isDeepStrictEqual(seen, expected)) {
      throw new NotOk(`${what}: expected ${show(expected)} all the time, seen ${show(seen)}`);
    }
    await sleep(INTERVAL);
  }
}

const show = (value: unknown): string => inspect(value, { breakLength: Number.POSITIVE_INFINITY, depth: 6 });
