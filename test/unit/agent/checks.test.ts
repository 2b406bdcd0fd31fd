import { describe, expect, test } from 'vitest';
import {
  failedChecks,
  noChecksYet,
  ownCheckName,
  passEveryMs,
  record,
  recordPass,
  undecidedChecks,
} from '../../../src/agent/checks.ts';
import type { Config } from '../../../src/config/config.ts';
import { type Part, type PartOutcome, PARTS } from '../../../src/dataplane/dataplane.ts';
import { CONDITIONS } from '../../../src/model/condition.ts';
import type { OwnCheck } from '../../../src/model/own-check.ts';
import { configOf } from '../config/file-with.ts';

const SLOW = configOf({
  rest: 'dataplane: { auditInterval: 1m }\nhealth: { fastInterval: 100ms }',
}) as Config;
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

test('a part that could not be looked at is as it was, and one with a problem beside has failed', () => {
  const unseen: PartOutcome = { ...outcome('snat'), unknown: ['nft: EMFILE'] };
  const checks = passes(pass(), [unseen], [unseen]);
  expect(checks.get('snat')).toMatchObject({ health: 'healthy', detail: 'in place', broken: 'nft: EMFILE' });
  expect(failedChecks(checks)).toStrictEqual([{ code: 'check-broken', detail: 'snat: nft: EMFILE' }]);
  const both = { ...unseen, problems: ['EPERM'] };
  expect(failedChecks(passes(pass(), [both], [both]))).toStrictEqual([{ code: 'snat-out-of-sync', detail: 'EPERM' }]);
});

test.each([
  ['before the first pass', [], false],
  ['while one is on its way', [pass('snat')], false],
  ['once all are decided', [pass()], true],
  ['while one turns bad', [pass(), pass('snat')], false],
  ['once it is bad', [pass(), pass('snat'), pass('snat')], true],
])('the parts are settled %s: %s', (_, all, settled) => {
  expect(passEveryMs(passes(...all), SLOW)).toBe(settled ? 60_000 : 100);
});

test('where no part is ours, none is on its way', () => {
  expect(passEveryMs(noChecksYet('none'), SLOW)).toBe(60_000);
});

const own = (name: string, effect: OwnCheck['effect']): OwnCheck => ({
  name,
  effect,
  target: { kind: 'exec', argv: ['true'] },
  intervalMs: 1,
  timeoutMs: 1,
  ...THRESHOLDS,
});

describe('checks of the operator', () => {
  const all = [own('a', 'report'), own('b', 'deprioritise'), own('c', 'withdraw')];
  const names = all.map(ownCheckName);
  const none = noChecksYet('none', names);

  test('only those that withdraw are waited for', () => {
    expect(undecidedChecks(none, all)).toStrictEqual(['probe', 'own/c']);
  });

  test('those that fail are conditions with the effect they ask for', () => {
    const bad = { ok: false, detail: 'exit code 1' };
    const failed = names.reduce((checks, name) => record(checks, name, bad, { rise: 1, fall: 1 }), none);
    expect(failedChecks(failed, all)).toStrictEqual([
      { code: 'own-check-failed', detail: 'a: exit code 1', effect: 'reports' },
      { code: 'own-check-failed', detail: 'b: exit code 1', effect: 'deprioritises' },
      { code: 'own-check-failed', detail: 'c: exit code 1', effect: 'withdraws' },
    ]);
  });

  test('one that is named as one of ours is not taken for it', () => {
    const probe = own('probe', 'report');
    const bad = { ok: false, detail: '' };
    const checks = record(noChecksYet('none', [ownCheckName(probe)]), ownCheckName(probe), bad, { rise: 1, fall: 1 });
    expect(failedChecks(checks, [probe]).map(({ code }) => code)).toStrictEqual(['own-check-failed']);
  });
});

test.each(['gobgpd', 'source'])('of the check %s others make a condition', (name) => {
  const checks = record(noChecksYet('ipvs', [name]), name, { ok: false, detail: '' }, { rise: 1, fall: 1 });
  expect(checks.get(name)?.health).toBe('unhealthy');
  expect(failedChecks(checks)).toStrictEqual([]);
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
    ['headroom', 'conntrack-full', 'deprioritises'],
    ['uplink', 'uplink-down', 'deprioritises'],
    ['probe', 'probe-failed', 'withdraws'],
  ] as const)('%s: %s %s', (name, code, effect) => {
    const checks = record(noChecksYet('ipvs'), name, { ok: false, detail: 'why' }, { rise: 1, fall: 1 });
    expect(failedChecks(checks)).toStrictEqual([{ code, detail: 'why' }]);
    expect(CONDITIONS[code].effect).toBe(effect);
  });
});
