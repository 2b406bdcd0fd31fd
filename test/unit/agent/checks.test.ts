import { describe, expect, test } from 'vitest';
import { failedChecks, noChecksYet, record, recordPass, undecidedChecks } from '../../../src/agent/checks.ts';
import { type Part, type PartOutcome, PARTS } from '../../../src/dataplane/dataplane.ts';
import { CONDITIONS } from '../../../src/model/condition.ts';

const THRESHOLDS = { rise: 1, fall: 2 };
const outcome = (part: Part, ...problems: string[]): PartOutcome => ({ part, changes: [], problems });
const pass = (...broken: Part[]): PartOutcome[] =>
  PARTS.map((part) => (broken.includes(part) ? outcome(part, 'refused', 'still to do') : outcome(part)));
const passes = (...all: PartOutcome[][]) =>
  all.reduce((checks, outcomes) => recordPass(checks, outcomes, THRESHOLDS), noChecksYet('ipvs'));

test('before the first pass nothing is decided and nothing has failed', () => {
  expect(undecidedChecks(noChecksYet('ipvs'))).toStrictEqual([
    'sysctl',
    'filter',
    'snat',
    'mss',
    'ipvs',
    'vip',
    'conntrack',
    'probe',
  ]);
  expect(failedChecks(noChecksYet('ipvs'))).toStrictEqual([]);
});

test('where the kernel is not ours, only the probe is to be decided', () => {
  expect(undecidedChecks(noChecksYet('none'))).toStrictEqual(['probe']);
});

test('a good pass leaves only the probe to be decided', () => {
  const checks = passes(pass());
  expect(undecidedChecks(checks)).toStrictEqual(['probe']);
  expect(undecidedChecks(record(checks, 'probe', { ok: true, detail: '' }, THRESHOLDS))).toStrictEqual([]);
});

test('the binding stays undecided for as long as it is not looked at', () => {
  const withoutVip = pass('ipvs').filter(({ part }) => part !== 'vip');
  expect(undecidedChecks(passes(withoutVip, withoutVip))).toStrictEqual(['vip', 'probe']);
});

test('one bad pass is no verdict, and several problems are one detail', () => {
  expect(failedChecks(passes(pass(), pass('snat')))).toStrictEqual([]);
  expect(failedChecks(passes(pass(), pass('snat'), pass('snat')))).toStrictEqual([
    { code: 'snat-out-of-sync', detail: 'refused; still to do' },
  ]);
});

test('what one pass has repaired is no problem', () => {
  const repaired: PartOutcome = { part: 'ipvs', changes: ['add-service'], problems: [] };
  expect(failedChecks(passes(pass(), [repaired], [repaired], [repaired]))).toStrictEqual([]);
});

describe('each check has a condition of its own', () => {
  test.each([
    ['sysctl', 'sysctl-out-of-sync', 'withdraws-at-once'],
    ['filter', 'filter-out-of-sync', 'withdraws'],
    ['snat', 'snat-out-of-sync', 'withdraws-at-once'],
    ['mss', 'mss-out-of-sync', 'reports'],
    ['ipvs', 'ipvs-out-of-sync', 'withdraws-at-once'],
    ['vip', 'range-unbound', 'withdraws-at-once'],
    ['conntrack', 'conntrack-out-of-sync', 'reports'],
    ['probe', 'probe-failed', 'withdraws'],
  ] as const)('%s: %s %s', (name, code, effect) => {
    const checks = record(noChecksYet('ipvs'), name, { ok: false, detail: 'why' }, { rise: 1, fall: 1 });
    expect(failedChecks(checks)).toStrictEqual([{ code, detail: 'why' }]);
    expect(CONDITIONS[code].effect).toBe(effect);
  });
});
