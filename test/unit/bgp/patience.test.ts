import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { patience } from '../../../src/bgp/patience.ts';

describe('on a clock of the test', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('ends after its time, once', () => {
    const onEnd = vi.fn();
    patience(500, onEnd);
    vi.advanceTimersByTime(499);
    expect(onEnd).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onEnd).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(5000);
    expect(onEnd).toHaveBeenCalledOnce();
  });

  test('never ends once it is stopped', () => {
    const onEnd = vi.fn();
    const stop = patience(500, onEnd);
    vi.advanceTimersByTime(300);
    stop();
    vi.advanceTimersByTime(5000);
    expect(onEnd).not.toHaveBeenCalled();
  });
});

test('a pause of this process, however long, takes no more than a part of it away', async () => {
  const onEnd = vi.fn();
  patience(100, onEnd);
  block(300);
  // Twice, so that the timers that are due have had their turn.
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  expect(onEnd).not.toHaveBeenCalled();
  await vi.waitFor(() => expect(onEnd).toHaveBeenCalledOnce());
});

function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
