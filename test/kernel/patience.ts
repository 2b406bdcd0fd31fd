import { vi } from 'vitest';

/**
 * Looks until `look` returns something true, and returns that. The time is generous: how fast something happens is for
 * the benchmarks, that it happens is for the tests.
 */
export const eventually = <T>(look: () => Promise<T>, timeout = 15_000, interval = 100): Promise<NonNullable<T>> =>
  vi.waitUntil(look, { timeout, interval }) as Promise<NonNullable<T>>;
