import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RepairFirst } from '../../../src/agent/repair-first.ts';
import { type CheckState, type Finding, stepCheck, undecided } from '../../../src/health/check.ts';

const GOOD: Finding = { ok: true, detail: 'connected' };
const BAD: Finding = { ok: false, detail: 'timed-out' };
const OUTDATED: Finding = { outdated: 'timed-out; mended since' };
const FALL = 3;
const TOOK_MS = 500;

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
  }, FALL);
});
afterEach(() => void vi.useRealTimers());

const mending = async (): Promise<void> => repairFirst.mended();
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What is left of some probes, one behind the other, and how long all of them took. */
async function judge(...findings: (Finding | undefined)[]) {
  const begin = performance.now();
  const all = (async () => {
    const judged = [];
    for (const finding of findings) judged.push(await repairFirst.judge(() => pause(TOOK_MS).then(() => finding)));
    return { judged, tookMs: performance.now() - begin };
  })();
  await vi.advanceTimersByTimeAsync(60_000);
  return all;
}

test('failed probes count where the tables turn out right, and take no longer for the one look', async () => {
  expect(await judge(BAD, BAD, BAD, BAD)).toEqual({ judged: [BAD, BAD, BAD, BAD], tookMs: 4 * TOOK_MS });
  expect(looks).toBe(1);
});

test('a row does not count where the look has mended something', async () => {
  look = mending;
  expect((await judge(BAD, BAD, BAD, GOOD)).judged).toEqual([BAD, BAD, OUTDATED, GOOD]);
});

test('nor where the look takes longer than the whole row', async () => {
  look = () => pause(3000).then(mending);
  expect(await judge(BAD, BAD, BAD)).toEqual({ judged: [BAD, BAD, OUTDATED], tookMs: TOOK_MS + 3000 });
});

test('a look that takes too long is not waited for', async () => {
  look = () => pause(30_000).then(mending);
  expect(await judge(BAD, BAD, BAD)).toEqual({ judged: [BAD, BAD, BAD], tookMs: 3 * TOOK_MS + 2000 });
});

test('a repair from before the row excuses nothing', async () => {
  repairFirst.mended();
  await vi.advanceTimersByTimeAsync(1);
  expect((await judge(BAD, BAD, BAD)).judged).toEqual([BAD, BAD, BAD]);
});

test('where a table is broken again and again, the second row counts', async () => {
  look = mending;
  const { judged } = await judge(BAD, BAD, BAD, BAD, BAD, BAD, BAD);
  expect(judged).toEqual([BAD, BAD, OUTDATED, BAD, BAD, BAD, BAD]);
});

test('a good probe begins anew', async () => {
  look = mending;
  const { judged } = await judge(BAD, BAD, BAD, GOOD, BAD, BAD, BAD, GOOD, BAD, BAD);
  expect(judged.filter((one) => one && 'outdated' in one)).toHaveLength(2);
  expect(looks).toBe(3);
});

test('a check whose row does not count stays healthy, and needs a whole new row to fall', () => {
  const thresholds = { rise: 3, fall: FALL };
  const run = (state: CheckState, ...findings: Finding[]): CheckState =>
    findings.reduce((before, finding) => stepCheck(before, finding, thresholds), state);
  const healthy = run(undecided('probe'), GOOD, GOOD, GOOD);
  const excused = run(healthy, BAD, BAD, OUTDATED);
  expect(excused).toMatchObject({ health: 'healthy', streak: 0, detail: 'timed-out; mended since' });
  expect(run(excused, BAD, BAD).health).toBe('healthy');
  expect(run(excused, BAD, BAD, BAD).health).toBe('unhealthy');
});

test.each<[string, Finding | undefined]>([
  ['a good probe', GOOD],
  ['one that could not be run', { broken: 'EMFILE' }],
  ['one that had nothing to try', undefined],
])('%s needs no look at the tables', async (_, finding) => {
  expect((await judge(finding)).judged).toEqual([finding]);
  expect(looks).toBe(0);
});
