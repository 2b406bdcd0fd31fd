import { expect, test } from 'vitest';
import { countPass, countStep, noCountsYet } from '../../../src/agent/counts.ts';
import type { Announcement } from '../../../src/model/status.ts';

const announced: Announcement = { state: 'announced', since: 0 };
const withdrawn = (reason: 'probe-failed' | 'held-down'): Announcement => ({
  state: 'withdrawn',
  since: 1,
  reason,
  detail: '',
});

test('a withdrawal counts by its reason, a change of the reason and an announcement do not', () => {
  const once = countStep(noCountsYet, announced, withdrawn('probe-failed'));
  expect(once.withdrawals).toEqual({ 'probe-failed': 1 });
  expect(countStep(once, withdrawn('probe-failed'), withdrawn('held-down'))).toBe(once);
  expect(countStep(once, withdrawn('held-down'), announced)).toBe(once);
  expect(countStep(once, announced, withdrawn('probe-failed')).withdrawals).toEqual({ 'probe-failed': 2 });
});

test('a full announcement that is deprioritised counts, and once more when it is withdrawn', () => {
  const deprioritised: Announcement = { state: 'deprioritised', since: 1, reason: 'probe-failed', detail: '' };
  const once = countStep(noCountsYet, announced, deprioritised);
  expect(once).toMatchObject({ deprioritisations: { 'probe-failed': 1 }, withdrawals: {} });
  const twice = countStep(once, deprioritised, withdrawn('probe-failed'));
  expect(twice).toMatchObject({ deprioritisations: { 'probe-failed': 1 }, withdrawals: { 'probe-failed': 1 } });
  expect(countStep(twice, withdrawn('probe-failed'), deprioritised)).toBe(twice);
});

test('a pass counts the changes of each part, and one without changes nothing', () => {
  const pass = countPass(noCountsYet, [
    { part: 'snat', changes: ['a'], problems: [] },
    { part: 'ipvs', changes: ['a', 'b'], problems: [] },
    { part: 'vip', changes: [], problems: ['why'] },
  ]);
  expect(pass.kernelChanges).toEqual({ snat: 1, ipvs: 2 });
  expect(countPass(pass, [{ part: 'ipvs', changes: [], problems: [] }])).toBe(pass);
});

test('drift counts by its kind, also where it could not be repaired', () => {
  const once = countPass(noCountsYet, [
    { part: 'sysctl', changes: ['a'], problems: [], drift: ['sysctl'] },
    { part: 'ipvs', changes: [], problems: ['why'], drift: ['real-server-missing', 'real-server-missing'] },
  ]);
  expect(once.drift).toEqual({ sysctl: 1, 'real-server-missing': 2 });
  expect(countPass(once, [{ part: 'ipvs', changes: ['a'], problems: [] }]).drift).toEqual(once.drift);
});
