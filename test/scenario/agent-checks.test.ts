import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Part } from '../../src/dataplane/dataplane.ts';
import { effectOf } from '../../src/model/condition.ts';
import { eventually, pause, Rig, type RigOptions, WEB } from './agent-rig.ts';
import { gobgpdForEach } from './gobgpd-for-each.ts';

const gobgpd = gobgpdForEach();
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-checks-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

const start = (options: Partial<RigOptions> = {}): Promise<Rig> =>
  Rig.start({ target: gobgpd().target, files: { 'web.yaml': WEB }, ...options });

/** A check that is good as long as a file is there. */
const ofFile = (name: string, effect: string): string =>
  `[{name: disk, exec: [test, -e, ${join(directory, name)}], effect: ${effect}, timeout: 1s, interval: 1s, rise: 1, fall: 2}]`;

describe('a check of the operator', () => {
  test.each([
    ['report', 'announced', 'reports'],
    ['deprioritise', 'deprioritised', 'deprioritises'],
    ['withdraw', 'withdrawn', 'withdraws'],
  ] as const)('with the effect %s leaves the node %s while it fails', async (effect, state, conditionEffect) => {
    const file = join(directory, effect);
    await writeFile(file, '');
    await using rig = await start({ checks: ofFile(effect, effect) });
    await rig.reaches('announced');
    await eventually(() => expect(ownCheck(rig)).toMatchObject({ health: 'healthy', detail: 'exit code 0' }));
    await rm(file);
    await eventually(() => expect(rig.conditions).toContain('own-check-failed'), 20_000);
    await eventually(() => expect(rig.status.announcement.state).toBe(state));
    const found = rig.status.conditions.find(({ code }) => code === 'own-check-failed');
    expect(found?.detail).toBe('disk: exit code 1');
    expect(found && effectOf(found)).toBe(conditionEffect);
    await writeFile(file, '');
    await rig.reaches('announced');
    await eventually(() => expect(rig.conditions).not.toContain('own-check-failed'), 20_000);
  });

  test('that withdraws has to be good before anything is announced', async () => {
    await using rig = await start({ checks: ofFile('first', 'withdraw') });
    await rig.reaches('own-check-failed');
    await writeFile(join(directory, 'first'), '');
    await rig.reaches('announced');
    expect(rig.decisions.filter((one) => one === 'announced')).toHaveLength(1);
  });

  test('that only reports holds nothing up', async () => {
    await using rig = await start({ checks: ofFile('never', 'report') });
    await rig.reaches('announced');
    expect(existsSync(join(directory, 'never'))).toBe(false);
  });

  test('whose program is not there is reported as broken, and moves nothing', async () => {
    const checks = '[{name: disk, exec: [/nonexistent/disk], effect: deprioritise}]';
    await using rig = await start({ checks });
    await rig.reaches('announced');
    await eventually(() => expect(runs(rig, 'own/disk')?.broken).toBeGreaterThan(6));
    const broken = rig.status.conditions.filter(({ code }) => code === 'check-broken');
    expect(broken).toEqual([{ code: 'check-broken', detail: expect.stringMatching(/^own\/disk: .*ENOENT/) }]);
    expect(rig.decisions).toStrictEqual(['announced']);
  });
});

const ownCheck = (rig: Rig) => rig.status.checks.find(({ name }) => name === 'own/disk');
const runs = (rig: Rig, name: string) => rig.status.counts.checks[name];
const check = (rig: Rig, wanted: string) => rig.status.checks.find(({ name }) => name === wanted);

describe('a check that cannot be run', () => {
  test('leaves a node that has proved its path announced, says so once, and again when it is over', async () => {
    await using rig = await start();
    await rig.reaches('announced');
    rig.probe.lacks = 'EMFILE: too many open files';
    await eventually(() => expect(runs(rig, 'probe')?.broken).toBeGreaterThan(10));
    expect(check(rig, 'probe')).toMatchObject({ health: 'healthy', broken: 'EMFILE: too many open files' });
    rig.probe.lacks = undefined;
    await eventually(() => expect(rig.conditions).not.toContain('check-broken'));
    expect(rig.decisions).toStrictEqual(['announced']);
    const told = rig.lines.filter(({ code }) => code === 'check-broken').map(({ event }) => event);
    expect(told).toStrictEqual(['condition-raised', 'condition-cleared']);
  });

  test('announces no node that has proved nothing', async () => {
    await using rig = await start({ probes: 0 });
    rig.probe.lacks = 'EMFILE: too many open files';
    rig.probe.allowed = Number.POSITIVE_INFINITY;
    await eventually(() => expect(runs(rig, 'probe')?.broken).toBeGreaterThan(10));
    expect(rig.phase).toBe('starting');
    rig.probe.lacks = undefined;
    await rig.reaches('announced');
  });

  test.each<Part>(['sysctl', 'filter', 'snat', 'ipvs', 'vip'])(
    'for the part %s is no fault of the data plane',
    async (part) => {
      await using rig = await start();
      await rig.reaches('announced');
      rig.kernel.hidden.add(part);
      await eventually(() => expect(runs(rig, part)?.broken).toBeGreaterThan(10));
      expect(rig.conditions).toContain('check-broken');
      expect(rig.decisions).toStrictEqual(['announced']);
    },
  );

  test('for a part keeps a node that starts from being announced', async () => {
    await using rig = await start({ probes: 0 });
    rig.kernel.hidden.add('snat');
    rig.probe.allowed = Number.POSITIVE_INFINITY;
    await eventually(() => expect(runs(rig, 'snat')?.broken).toBeGreaterThan(0));
    await pause(100);
    expect(rig.decisions).not.toContain('announced');
    expect(check(rig, 'snat')).toMatchObject({ health: 'undecided' });
  });
});

test('a table that takes long to be mended moves nothing, though the probe fails meanwhile', async () => {
  await using rig = await start();
  await rig.reaches('announced');
  const failed = (): number => runs(rig, 'probe')?.bad ?? 0;
  rig.kernel.busy = pause(400);
  rig.kernel.takeAway('snat');
  await eventually(() => expect(rig.status.counts.drift['snat']).toBe(1));
  expect(failed()).toBeGreaterThan(0);
  const { rounds } = rig.probe;
  await eventually(() => expect(rig.probe.rounds).toBeGreaterThan(rounds + 3));
  expect(rig.decisions).toStrictEqual(['announced']);
});

test('a table that one pass mends is counted and moves nothing; one that cannot be mended does, after three passes', async () => {
  await using rig = await start();
  await rig.reaches('announced');
  // The probe would see it as well.
  rig.probe.allowed = rig.probe.rounds;
  const changes = (): number => rig.status.counts.kernelChanges['snat'] ?? 0;
  const before = changes();
  for (let i = 1; i <= 5; i++) {
    rig.kernel.takeAway('snat');
    await eventually(() => expect(changes()).toBe(before + i));
  }
  expect(rig.decisions).toStrictEqual(['announced']);
  rig.kernel.refuses.add('snat');
  rig.kernel.takeAway('snat');
  await rig.reaches('snat-out-of-sync');
  expect(check(rig, 'snat')).toMatchObject({ health: 'unhealthy' });
  expect(check(rig, 'snat')?.streak).toBeGreaterThanOrEqual(3);
});
