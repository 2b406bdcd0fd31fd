import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Repeater } from '../../../src/agent/repeater.ts';

const PAUSE = 1000;
let runs: number;
let finish: () => void;

/** Work that lasts until the test says `finish`. */
const work = (): Promise<void> => {
  runs += 1;
  return new Promise((resolve) => (finish = resolve));
};

async function finishOne(): Promise<void> {
  finish();
  await vi.advanceTimersByTimeAsync(0);
}

beforeEach(() => {
  vi.useFakeTimers();
  runs = 0;
});
afterEach(() => void vi.useRealTimers());

test('runs at once when triggered, and again after a pause', async () => {
  const repeater = new Repeater(work, () => PAUSE);
  repeater.trigger();
  expect(runs).toBe(1);
  await finishOne();
  await vi.advanceTimersByTimeAsync(PAUSE - 1);
  expect(runs).toBe(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(runs).toBe(2);
});

test('any number of triggers during a run lead to exactly one more', async () => {
  const repeater = new Repeater(work, () => PAUSE);
  repeater.trigger();
  for (let i = 0; i < 5; i++) repeater.trigger();
  expect(runs).toBe(1);
  await finishOne();
  expect(runs).toBe(2);
  await finishOne();
  expect(runs).toBe(2);
});

test('a trigger cuts the pause short without doubling the rhythm', async () => {
  const repeater = new Repeater(work, () => PAUSE);
  repeater.trigger();
  await finishOne();
  await vi.advanceTimersByTimeAsync(600);
  repeater.trigger();
  expect(runs).toBe(2);
  await finishOne();
  await vi.advanceTimersByTimeAsync(PAUSE - 1);
  expect(runs).toBe(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(runs).toBe(3);
});

test('start does nothing once it runs or waits', async () => {
  const repeater = new Repeater(work, () => PAUSE);
  repeater.start();
  repeater.start();
  await finishOne();
  repeater.start();
  expect(runs).toBe(1);
});

test('the pause is told how long the work took', async () => {
  const took: number[] = [];
  const repeater = new Repeater(work, (ms) => {
    took.push(ms);
    return PAUSE;
  });
  repeater.trigger();
  await vi.advanceTimersByTimeAsync(250);
  await finishOne();
  expect(took).toStrictEqual([250]);
});

test('stop waits for the run under way and lets no other begin', async () => {
  const repeater = new Repeater(work, () => PAUSE);
  repeater.trigger();
  repeater.trigger();
  let stopped = false;
  const stopping = repeater.stop().then(() => (stopped = true));
  await vi.advanceTimersByTimeAsync(PAUSE);
  expect(stopped).toBe(false);
  await finishOne();
  await stopping;
  repeater.trigger();
  repeater.start();
  await vi.advanceTimersByTimeAsync(PAUSE * 3);
  expect(runs).toBe(1);
});

test('stop during the pause ends it', async () => {
  const repeater = new Repeater(work, () => PAUSE);
  repeater.trigger();
  await finishOne();
  await repeater.stop();
  await vi.advanceTimersByTimeAsync(PAUSE * 3);
  expect(runs).toBe(1);
});
