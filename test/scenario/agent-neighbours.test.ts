import { describe, expect, test } from 'vitest';
import type { Neighbour } from '../../src/dataplane/neighbours/plan.ts';
import { virtualServerKey } from '../../src/model/virtual-server.ts';
import { CANARY_KEY, eventually, RANGE, Rig, type RigOptions, service, WEB, WEB_KEY } from './agent-rig.ts';
import { gobgpdForEach } from './gobgpd-for-each.ts';

const PROXY: Neighbour = { name: 'kube-proxy (ipvs)', evidence: 'the interface kube-ipvs0' };
const DETAIL = 'kube-proxy (ipvs): the interface kube-ipvs0';

const gobgpd = gobgpdForEach();

const start = (options: Partial<RigOptions> = {}): Promise<Rig> =>
  Rig.start({ target: gobgpd().target, files: { 'web.yaml': WEB }, ...options });
const holds = (expected: readonly string[]): Promise<void> =>
  eventually(async () => expect((await gobgpd().table()).map(({ prefix }) => prefix)).toStrictEqual(expected));

/** Waits until the agent has come round a few times more. */
async function rounds(rig: Rig): Promise<void> {
  const { looks } = rig.neighbours;
  await eventually(() => expect(rig.neighbours.looks).toBeGreaterThan(looks + 5));
}

describe('beside another owner of the Services, mode ipvs', () => {
  test('touches nothing, says once who it is, and takes the data plane up when the owner is gone', async () => {
    await using rig = await start({ neighbours: [PROXY] });
    await rig.reaches('neighbour-owns-services');
    await eventually(() => expect(rig.status.source.synced).toBe(true));
    await rounds(rig);
    expect([rig.kernel.passes, rig.probe.rounds]).toStrictEqual([0, 0]);
    expect(rig.status.conditions).toContainEqual({ code: 'neighbour-owns-services', detail: DETAIL });
    expect(rig.lines.filter(({ code }) => code === 'neighbour-owns-services')).toHaveLength(1);
    await holds([]);

    rig.neighbours.found = [];
    await rig.reaches('announced');
    expect([...rig.kernel.table.keys()]).toStrictEqual([CANARY_KEY, WEB_KEY]);
    await holds([RANGE]);
  });

  test('withdraws when the owner comes later, and leaves the kernel as it is', async () => {
    await using rig = await start();
    await rig.reaches('announced');
    rig.neighbours.found = [PROXY];
    await rig.reaches('neighbour-owns-services');
    const { passes } = rig.kernel;
    rig.kernel.takeAway('ipvs');
    await rig.write('web.yaml', service('web', '10.99.66.11'));
    await rounds(rig);
    expect(rig.kernel.passes).toBe(passes);
    expect([...rig.kernel.table.keys()]).toStrictEqual([]);
    await holds([]);
  });
});

describe('mode none', () => {
  test('announces on top of the other owner, without a canary and with no check but the probe', async () => {
    await using rig = await start({ mode: 'none', neighbours: [PROXY] });
    await rig.reaches('announced');
    await holds([RANGE]);
    expect(rig.status.checks.map(({ name }) => name)).toStrictEqual(['probe']);
    expect(rig.status.canaries).toStrictEqual([]);
    expect(rig.status.virtualServers.map(virtualServerKey)).toStrictEqual([WEB_KEY]);
    expect(rig.conditions).not.toContain('no-service-proxy');
  });

  test('withdraws when packets get lost', async () => {
    await using rig = await start({ mode: 'none', neighbours: [PROXY] });
    await rig.reaches('announced');
    rig.probe.losesPackets = true;
    await rig.reaches('probe-failed');
    await holds([]);
  });

  test('takes refusals for the answer of a path that stands', async () => {
    await using rig = await start({ mode: 'none', neighbours: [PROXY] });
    rig.probe.deaf.add(WEB_KEY);
    await rig.reaches('announced');
    const probe = (): unknown => rig.status.checks.find(({ name }) => name === 'probe')?.detail;
    await eventually(() => expect(probe()).toMatch('10.99.66.10:80 refused: the path answers'));
  });

  test('proves nothing without a Service to connect to, and announces nothing then', async () => {
    await using rig = await start({
      mode: 'none',
      neighbours: [PROXY],
      files: { 'web.yaml': service('web', '10.99.66.10') },
    });
    await eventually(() => expect(rig.probe.rounds).toBeGreaterThan(5));
    expect(rig.status.announcement).toMatchObject({ reason: 'starting', detail: 'waiting for the checks probe' });
  });

  test('reports that it sees no proxy, and announces for as long as the probe succeeds', async () => {
    await using rig = await start({ mode: 'none' });
    await rig.reaches('announced');
    expect(rig.conditions).toContain('no-service-proxy');
  });
});
