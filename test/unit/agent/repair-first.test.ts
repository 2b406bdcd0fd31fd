import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RepairFirst } from '../../../src/agent/repair-first.ts';
import type { Finding } from '../../../src/health/check.ts';

const GOOD: Finding = { ok: true, detail: 'connected' };
const BAD: Finding = { ok: false, detail: 'timed-out' };
const MOST = 3;

let looks: number;
/** What a look at the tables does, and how long it takes. */
let look: () => Promise<void>;
let repairFirst: RepairFirst;

beforeEach(() => {
  vi.useFakeTimers();
  looks = 0;
  look = async () => {};
  repairFirst = new RepairFirst(() => {
    looks += 1;
    return look();
  }, MOST);
});
afterEach(() => void vi.useRealTimers());

const mending = async (): Promise<void> => repairFirst.mended();
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What is left of a probe that takes half a second. */
async function judge(finding: Finding | undefined): Promise<Finding | undefined> {
  const judged = repairFirst.judge(() => pause(500).then(() => finding));
  await vi.runAllTimersAsync();
  return judged;
}

test('a failed probe counts where the tables turn out right', async () => {
  expect(await judge(BAD)).toBe(BAD);
  expect(looks).toBe(1);
});

test('a failed probe does not count where a table had to be mended', async () => {
  look = mending;
  expect(await judge(BAD)).toBeUndefined();
});

test('nor where one was mended while the probe was under way', async () => {
  const judged = repairFirst.judge(() => pause(500).then(() => BAD));
  await vi.advanceTimersByTimeAsync(100);
  repairFirst.mended();
  await vi.advanceTimersByTimeAsync(2000);
  expect(await judged).toBeUndefined();
});

test('one that began behind a repair counts', async () => {
  repairFirst.mended();
  await vi.advanceTimersByTimeAsync(1);
  expect(await judge(BAD)).toBe(BAD);
});

test('where a table is broken again and again, only so many in a row are excused', async () => {
  look = mending;
  const judged = [];
  for (let i = 0; i < MOST + 2; i++) judged.push(await judge(BAD));
  expect(judged).toEqual([undefined, undefined, undefined, BAD, BAD]);
});

test('a good probe begins a new row', async () => {
  look = mending;
  for (let i = 0; i < MOST; i++) await judge(BAD);
  expect(await judge(GOOD)).toBe(GOOD);
  expect(await judge(BAD)).toBeUndefined();
});

test('a look that takes too long is not waited for', async () => {
  look = () => pause(60_000);
  const judged = repairFirst.judge(async () => BAD);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await judged).toBe(BAD);
});

test.each<[string, Finding | undefined]>([
  ['a good probe', GOOD],
  ['one that could not be run', { broken: 'EMFILE' }],
  ['one that had nothing to try', undefined],
])('%s needs no look at the tables', async (_, finding) => {
  expect(await judge(finding)).toBe(finding);
  expect(looks).toBe(0);
});
