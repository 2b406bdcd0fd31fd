import { expect, test } from 'vitest';
import { noChecksYet } from '../../../src/agent/checks.ts';
import { inheritedChecks, type Legacy } from '../../../src/agent/legacy.ts';
import type { Config } from '../../../src/config/config.ts';
import { undecided } from '../../../src/health/check.ts';
import { configOf } from '../config/file-with.ts';

const config = (checks: string) => configOf({ rest: `health: { checks: [${checks}] }` }) as Config;
const DISK = '{ name: disk, exec: [/bin/false] }';
const NAMES = ['probe', 'own/disk'];
const fresh = noChecksYet('none', NAMES);
const stateOf = (name: string, health: 'healthy' | 'unhealthy') => ({ ...undecided(name), health, streak: 3 });

const legacy = (health: 'healthy' | 'unhealthy'): Legacy =>
  ({
    config: config(DISK),
    checks: new Map(NAMES.map((name) => [name, stateOf(name, health)])),
  }) as Partial<Legacy> as Legacy;

test('the first agent of a process begins with nothing decided', () => {
  expect(inheritedChecks(fresh, undefined, config(DISK))).toBe(fresh);
});

test('what was healthy has to prove itself anew', () => {
  expect(inheritedChecks(fresh, legacy('healthy'), config(DISK))).toStrictEqual(fresh);
});

test('what was unhealthy is so until it has proven itself', () => {
  const checks = inheritedChecks(fresh, legacy('unhealthy'), config(DISK));
  expect([...checks.values()].map(({ health }) => health)).toStrictEqual(['unhealthy', 'unhealthy']);
});

test('a check of the operator that is another one than before begins afresh', () => {
  const checks = inheritedChecks(fresh, legacy('unhealthy'), config('{ name: disk, exec: [/bin/true] }'));
  expect([...checks.values()].map(({ health }) => health)).toStrictEqual(['unhealthy', 'undecided']);
});

test('one that is no longer there is forgotten', () => {
  const none = noChecksYet('none', ['probe']);
  expect([...inheritedChecks(none, legacy('unhealthy'), config('')).keys()]).toStrictEqual(['probe']);
});
