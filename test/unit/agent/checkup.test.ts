import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Checkup } from '../../../src/agent/checkup.ts';
import { Tally } from '../../../src/agent/tally.ts';
import type { Config } from '../../../src/config/config.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import type { Check, Finding } from '../../../src/health/check.ts';

function configWith(health: string): Config {
  const { config, problems } = parseConfig(
    `{apiVersion: fairlead.io/v1alpha1, kind: FairleadConfig, ranges: [10.99.66.0/23], health: ${health},
      bgp: {localAs: 64512, routerId: 10.22.108.100, peers: [{address: 10.22.108.1, as: 64500}]}}`,
    'lb-1',
  );
  if (config === undefined) throw new Error(JSON.stringify(problems));
  return config;
}

const GOOD: Finding = { ok: true, detail: 'connected' };
const BAD: Finding = { ok: false, detail: 'timed-out' };

/** A check that finds what the test says, and takes no time for it. */
let finds: () => Promise<Finding | undefined>;
let runs: number;
let decisions: number;
let checkup: Checkup;
let tally: Tally;
let signals: AbortSignal[];

const check = (health: Config['health']): Check => ({
  name: 'probe',
  cadence: health,
  thresholds: health,
  run: (signal) => {
    runs += 1;
    signals.push(signal);
    return finds();
  },
});

function build(health = '{}'): void {
  const config = configWith(health);
  checkup = new Checkup({ config, legacy: undefined, tally }, [check(config.health)], () => void decisions++);
}

const probe = () => checkup.checks.get('probe');
const ran = () => tally.counts.checks['probe'];
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  [runs, decisions, signals, tally] = [0, 0, [], new Tally()];
  finds = async () => GOOD;
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('with the defaults, a check', () => {
  beforeEach(() => {
    build();
    checkup.start('probe');
  });

  test('runs for the first time within the splay of a second, not at once', async () => {
    await pass(499);
    expect(runs).toBe(0);
    await pass(1);
    expect(runs).toBe(1);
  });

  test('runs five times a second until it is decided, and twice a second from then on', async () => {
    await pass(500 + 200 + 200);
    expect(probe()).toMatchObject({ health: 'healthy', streak: 3 });
    await pass(499);
    expect(runs).toBe(3);
    await pass(1);
    expect(runs).toBe(4);
  });

  test('runs five times a second again on its way down', async () => {
    await pass(500 + 200 + 200);
    finds = async () => BAD;
    await pass(500 + 200);
    expect(probe()).toMatchObject({ health: 'healthy', streak: 2 });
    await pass(200);
    expect(probe()).toMatchObject({ health: 'unhealthy', streak: 3 });
    expect(ran()).toMatchObject({ good: 3, bad: 3, broken: 0 });
  });

  test('that could not be run stays as it was, and is told apart', async () => {
    await pass(500 + 200 + 200);
    finds = () => Promise.reject(new Error('EMFILE: too many open files'));
    await pass(10_000);
    expect(probe()).toMatchObject({ health: 'healthy', broken: 'EMFILE: too many open files' });
    expect(ran()?.broken).toBeGreaterThan(10);
  });

  test('that had nothing to tell counts for nothing, and the agent decides all the same', async () => {
    finds = async () => undefined;
    await pass(1000);
    expect(probe()).toMatchObject({ health: 'undecided' });
    expect(ran()).toBeUndefined();
    expect(decisions).toBe(runs);
  });

  test('runs at once when something has happened that it should see', async () => {
    checkup.trigger('probe');
    await pass(0);
    expect(runs).toBe(1);
    await pass(100);
    checkup.trigger('probe');
    await pass(0);
    expect(runs).toBe(2);
  });

  test('is started once', async () => {
    checkup.start('probe');
    await pass(500);
    expect(runs).toBe(1);
  });
});

test('a check that was not started is not run, whatever happens', async () => {
  build();
  checkup.trigger('probe');
  await pass(60_000);
  expect(runs).toBe(0);
});

test('at the end, what runs is broken off and counts for nothing', async () => {
  build('{splay: 0s}');
  checkup.start('probe');
  finds = () => new Promise((resolve) => signals.at(-1)?.addEventListener('abort', () => resolve(BAD)));
  await pass(0);
  expect(runs).toBe(1);
  await checkup.stop();
  expect(probe()).toMatchObject({ health: 'undecided' });
  expect(ran()).toBeUndefined();
  checkup.start('probe');
  await pass(60_000);
  expect(runs).toBe(1);
});
