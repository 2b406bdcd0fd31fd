import { describe, expect, test } from 'vitest';
import { countPass, countRun, countSessions, countStep, noCountsYet } from '../../../src/agent/counts.ts';
import type { PartOutcome } from '../../../src/dataplane/dataplane.ts';
import type { Announcement } from '../../../src/model/status.ts';

const announced: Announcement = { state: 'announced', since: 0 };
const withdrawn = (reason: 'probe-failed' | 'held-down'): Announcement => ({
  state: 'withdrawn',
  since: 1,
  reason,
  detail: '',
});

test('a step of the announcement counts by where it came from, where it led and why', () => {
  const once = countStep(noCountsYet, announced, withdrawn('probe-failed'));
  const then = countStep(once, withdrawn('probe-failed'), withdrawn('held-down'));
  const back = countStep(then, withdrawn('held-down'), announced);
  expect(countStep(back, announced, withdrawn('probe-failed')).transitions).toStrictEqual([
    { from: 'withdrawn', to: 'withdrawn', reason: 'held-down', count: 1 },
    { from: 'withdrawn', to: 'announced', reason: undefined, count: 1 },
    { from: 'announced', to: 'withdrawn', reason: 'probe-failed', count: 2 },
  ]);
});

test('a pass counts the changes and the errors of each part; what nothing happened to is 0', () => {
  const pass = countPass(noCountsYet, [
    { part: 'snat', changes: ['a'], problems: [] },
    { part: 'ipvs', changes: ['a', 'b'], problems: [] },
    { part: 'vip', changes: [], problems: ['why', 'and why'] },
  ]);
  expect(pass.kernelChanges).toMatchObject({ snat: 1, ipvs: 2, vip: 0, sysctl: 0 });
  expect(pass.kernelErrors).toMatchObject({ snat: 0, ipvs: 0, vip: 2, sysctl: 0 });
  const next = countPass(pass, [{ part: 'ipvs', changes: [], problems: [] }]);
  expect(next.kernelChanges).toBe(pass.kernelChanges);
});

test('drift counts by its kind, also where it could not be repaired', () => {
  const once = countPass(noCountsYet, [
    { part: 'sysctl', changes: ['a'], problems: [], drift: ['sysctl'] },
    { part: 'ipvs', changes: [], problems: ['why'], drift: ['real-server-missing', 'real-server-missing'] },
  ]);
  expect(once.drift).toMatchObject({ sysctl: 1, 'real-server-missing': 2, 'range-route': 0 });
  expect(countPass(once, [{ part: 'ipvs', changes: ['a'], problems: [] }]).drift).toBe(once.drift);
});

test('a pass is a run of the check of each part', () => {
  const { checks } = countPass(noCountsYet, [
    { part: 'sysctl', changes: [], problems: [], tookMs: 0.5 },
    { part: 'ipvs', changes: [], problems: ['why'], unknown: ['EMFILE'], tookMs: 30 },
    { part: 'vip', changes: [], problems: [], unknown: ['EMFILE'], tookMs: 9000 },
  ]);
  expect(checks['sysctl']).toMatchObject({ good: 1, bad: 0, broken: 0, took: { sum: 0.0005 } });
  expect(checks['ipvs']).toMatchObject({ good: 0, bad: 1, broken: 0, took: { sum: 0.03 } });
  expect(checks['vip']).toMatchObject({ good: 0, bad: 0, broken: 1, took: { sum: 9 } });
  expect(Object.values(checks).map(({ took }) => took.counts)).toStrictEqual([
    [1, 0, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 0, 1, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 0, 0, 0, 0, 1],
  ]);
});

test('a run counts with what it came to and how long it took', () => {
  const once = countRun(noCountsYet, 'probe', { ok: true, detail: '' }, 3);
  const { probe } = countRun(once, 'probe', { broken: 'EMFILE' }, 1).checks;
  expect(probe).toMatchObject({ good: 1, bad: 0, broken: 1, took: { sum: 0.004 } });
});

/** What is counted for a pass. */
const timed = (outcome: PartOutcome, toldAt: number | undefined): number[] => {
  const { counts, sum } = countPass(noCountsYet, [outcome], toldAt).programming;
  return counts.some((count) => count > 0) ? [sum] : [];
};

describe('the time from a change to the kernel', () => {
  const ipvs: PartOutcome = { part: 'ipvs', changes: ['a'], problems: [], writtenAt: 1002 };
  test('is from when the source told of it to when it was written, in seconds', () => {
    expect(timed(ipvs, 1000)).toEqual([0.002]);
  });

  test.each<[string, PartOutcome, number | undefined]>([
    ['nothing of it came from the source', ipvs, undefined],
    ['the kernel does not hold it yet', { ...ipvs, problems: ['still to do: add-service'] }, 1000],
    ['the part is another one', { part: 'vip', changes: ['a'], problems: [] }, 1000],
  ])('is not told where %s', (_, outcome, toldAt) => {
    expect(timed(outcome, toldAt)).toEqual([]);
  });
});

test('a session that is lost counts by its peer; a peer that was only seen is 0, and one that goes keeps its count', () => {
  const seen = countSessions(noCountsYet, ['10.22.108.1', '10.22.108.2'], new Set());
  expect(seen.sessionsLost).toStrictEqual({ '10.22.108.1': 0, '10.22.108.2': 0 });
  expect(countSessions(seen, ['10.22.108.1'], new Set())).toBe(seen);
  const lost = countSessions(seen, ['10.22.108.1', '10.22.108.2'], new Set(['10.22.108.2']));
  expect(countSessions(lost, ['10.22.108.1'], new Set()).sessionsLost).toStrictEqual({
    '10.22.108.1': 0,
    '10.22.108.2': 1,
  });
});
