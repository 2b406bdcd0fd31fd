import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Latch } from '../../../src/source/latch.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('waits for its time', async () => {
  const wait = new Latch().wait(100);
  await vi.advanceTimersByTimeAsync(100);
  await expect(wait).resolves.toBe(false);
});

test('is woken before its time, and leaves no timer behind', async () => {
  const latch = new Latch();
  const wait = latch.wait(100);
  latch.wake();
  await expect(wait).resolves.toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test('remembers one wake-up that came before the wait, unless it is told to forget', async () => {
  const latch = new Latch();
  latch.wake();
  latch.wake();
  await expect(latch.wait(100)).resolves.toBe(true);
  latch.wake();
  latch.reset();
  const wait = latch.wait(100);
  await vi.advanceTimersByTimeAsync(100);
  await expect(wait).resolves.toBe(false);
});
