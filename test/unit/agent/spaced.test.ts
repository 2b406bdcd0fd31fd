import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { spaced } from '../../../src/agent/spaced.ts';

const GAP = 100;
let done: number;
let ask: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  done = 0;
  ask = spaced(GAP, () => void done++);
});
afterEach(() => void vi.useRealTimers());

test('the first request is served at once', () => {
  ask();
  expect(done).toBe(1);
});

test('many requests within the gap are served together at its end', () => {
  ask();
  for (let i = 0; i < 10; i++) ask();
  vi.advanceTimersByTime(GAP - 1);
  expect(done).toBe(1);
  vi.advanceTimersByTime(1);
  expect(done).toBe(2);
  vi.advanceTimersByTime(10 * GAP);
  expect(done).toBe(2);
});

test('one that comes later is served at once again', () => {
  ask();
  vi.advanceTimersByTime(GAP);
  ask();
  expect(done).toBe(2);
});
