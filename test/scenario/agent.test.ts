import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { GobgpApi as V3 } from '../../src/bgp/gen/gobgp-v3.ts';
import {
  CANARY_KEY,
  eventually,
  HOLD_DOWN_MS,
  NODE,
  pause,
  RANGE,
  Rig,
  type RigOptions,
  service,
  slice,
  WEB,
  WEB_KEY,
} from './agent-rig.ts';
import { Network } from './gobgpd-network.ts';
import { Gobgpd } from './gobgpd.ts';

const DNS = service('dns', '10.99.66.53', '{ protocol: UDP, port: 53 }') + slice('dns', '{ protocol: UDP, port: 53 }');

let network: Network;
let gobgpd: Gobgpd;

beforeAll(async () => {
  network = await Network.create(NODE, []);
});
afterAll(() => network?.[Symbol.asyncDispose]());

const start = (options: Partial<RigOptions> = {}): Promise<Rig> =>
  Rig.start({ target: gobgpd.target, files: { 'web.yaml': WEB }, ...options });

const prefixes = async (): Promise<string[]> => (await gobgpd.table()).map(({ prefix }) => prefix);
const holds = (expected: readonly string[]): Promise<void> =>
  eventually(async () => expect(await prefixes()).toStrictEqual(expected));

async function announceAsAnEarlierAgent(): Promise<void> {
  const global = { asn: 64512, routerId: NODE, listenPort: -1, listenAddresses: [NODE] };
  await gobgpd.api.call(V3.StartBgp, { global }, 2000);
  await gobgpd.addPath({ prefix: RANGE, communities: ['64512:100'], med: undefined });
}

describe('with a gobgpd', () => {
  beforeEach(async () => {
    gobgpd = await Gobgpd.start(network);
    return () => gobgpd[Symbol.asyncDispose]();
  });

  test('nothing is announced before the third good probe, and then the range is', async () => {
    await using rig = await start({ probes: 2 });
    await eventually(() => expect(rig.probe.rounds).toBe(2));
    await eventually(() => expect(rig.speaker.state().inSync).toBe(true));
    await pause(50);
    expect(rig.status.announcement).toMatchObject({ reason: 'starting', detail: 'waiting for the checks probe' });
    expect(await prefixes()).toStrictEqual([]);

    rig.probe.allowed = 3;
    await rig.reaches('announced');
    await holds([RANGE]);
    expect((await gobgpd.table())[0]).toMatchObject({ from: '<nil>', communities: [64512 * 65536 + 100] });
    expect(rig.decisions).toStrictEqual(['announced']);
  });

  test('the kernel holds what the cluster asks for and the canary, before anything is announced', async () => {
    await using rig = await start({ files: { 'web.yaml': WEB, 'dns.yaml': DNS }, probes: 0 });
    const keys = [CANARY_KEY, 'udp/10.99.66.53:53', WEB_KEY];
    await eventually(() => expect([...rig.kernel.table.keys()]).toStrictEqual(keys));
    await rig.write('dns.yaml', DNS.replace('10.99.66.53', '10.99.66.54'));
    await eventually(() => expect([...rig.kernel.table.keys()]).toContain('udp/10.99.66.54:53'));
    expect([...rig.kernel.table.keys()]).not.toContain('udp/10.99.66.53:53');
    expect(rig.phase).toBe('starting');
  });

  test('the kernel is told what has changed, all of what has come while it was busy', async () => {
    await using rig = await start({ files: { 'web.yaml': WEB, 'dns.yaml': DNS }, probes: 0 });
    const first = [CANARY_KEY, WEB_KEY, 'udp/10.99.66.53:53'];
    await eventually(() => expect(rig.kernel.told).toStrictEqual([first]));
    const busy = Promise.withResolvers<void>();
    rig.kernel.busy = busy.promise;
    const { passes } = rig.kernel;
    await eventually(() => expect(rig.kernel.passes).toBeGreaterThan(passes));
    const changes = () => rig.lines.filter(({ event }) => event === 'manifests-changed').length;
    await rig.write('dns.yaml', DNS.replace('10.99.66.53', '10.99.66.54'));
    await eventually(() => expect(changes()).toBe(2));
    await rig.write('web.yaml', WEB.replace('10.1.0.101', '10.1.0.102'));
    await eventually(() => expect(changes()).toBe(3));
    busy.resolve();
    const later = [WEB_KEY, 'udp/10.99.66.53:53', 'udp/10.99.66.54:53'];
    await eventually(() => expect(rig.kernel.told).toStrictEqual([first, later]));
  });

  test('a probe that fails three times withdraws the range, and all that tells of it gives the same reason', async () => {
    await using rig = await start();
    await rig.reaches('announced');
    await holds([RANGE]);
    const before = rig.probe.rounds;
    rig.probe.losesPackets = true;
    await rig.reaches('probe-failed');
    expect(rig.probe.rounds - before).toBeGreaterThanOrEqual(3);
    await holds([]);

    const detail = '10.99.66.10:80 timed-out';
    expect(rig.status.announcement).toMatchObject({ state: 'withdrawn', reason: 'probe-failed', detail });
    expect(rig.status.conditions).toContainEqual({ code: 'probe-failed', detail });
    expect(rig.lines).toContainEqual(
      expect.objectContaining({ event: 'withdrawn', reason: 'probe-failed', detail, prefixes: [RANGE] }),
    );
    expect(await rig.metrics()).toContain('fairlead_announcement_reason{reason="probe-failed"} 1');
    expect(await rig.metrics()).toContain(`fairlead_announced{prefix="${RANGE}"} 0`);
    expect([...rig.kernel.table.keys()]).toContain(WEB_KEY);
  });

  test('when all is well again the range is held down, and then announced', async () => {
    await using rig = await start();
    await rig.reaches('announced');
    rig.probe.losesPackets = true;
    await rig.reaches('probe-failed');
    rig.probe.losesPackets = false;
    await rig.reaches('held-down');
    const since = performance.now();
    await holds([]);
    await rig.reaches('announced');
    expect(performance.now() - since).toBeGreaterThan(HOLD_DOWN_MS - 50);
    await holds([RANGE]);
    expect(rig.decisions).toStrictEqual(['announced', 'probe-failed', 'held-down', 'announced']);
    expect(rig.conditions).not.toContain('probe-failed');
  });

  test('two bad probes in a row are no reason', async () => {
    await using rig = await start({ probes: 3 });
    await rig.reaches('announced');
    rig.probe.losesPackets = true;
    rig.probe.allowed += 2;
    await eventually(() => expect(rig.probe.rounds).toBe(5));
    await pause(30);
    rig.probe.losesPackets = false;
    rig.probe.allowed += 4;
    await eventually(() => expect(rig.probe.rounds).toBe(9));
    expect(rig.decisions).toStrictEqual(['announced']);
  });

  test('pods that do not listen withdraw nothing: the canary proves the path', async () => {
    await using rig = await start();
    await rig.reaches('announced');
    rig.probe.deaf.add(WEB_KEY);
    const before = rig.probe.rounds;
    await eventually(() => expect(rig.probe.rounds).toBeGreaterThan(before + 6));
    expect(rig.status.checks).toContainEqual(
      expect.objectContaining({ health: 'healthy', detail: '10.99.66.10:80 refused, 10.99.66.0:9 connected (canary)' }),
    );
    expect(rig.decisions).toStrictEqual(['announced']);
  });

  test.each(['sysctl', 'filter', 'snat', 'ipvs', 'vip'] as const)(
    'what is taken away from %s is put back within a pass and withdraws nobody',
    async (part) => {
      await using rig = await start();
      await rig.reaches('announced');
      await pause(20);
      const before = rig.lines.length;
      rig.kernel.takeAway(part);
      const { passes } = rig.kernel;
      await eventually(() => expect(rig.kernel.passes).toBeGreaterThan(passes + 4));
      const changed = rig.lines.slice(before).filter(({ event }) => event === 'kernel-changed');
      expect(changed).toMatchObject([{ part, problems: [] }]);
      expect(rig.decisions).toStrictEqual(['announced']);
      expect([...rig.kernel.table.keys()]).toStrictEqual([CANARY_KEY, WEB_KEY]);
    },
  );

  test('what cannot be put back withdraws with the reason of that part', async () => {
    await using rig = await start();
    await rig.reaches('announced');
    rig.kernel.refuses.add('snat');
    rig.kernel.takeAway('snat');
    // The probe sees it as well; the part has the greater weight and tells more.
    await rig.reaches('snat-out-of-sync');
    expect(rig.status.announcement).toHaveProperty('detail', 'still to do: make snat');
    await holds([]);
    rig.kernel.refuses.delete('snat');
    await rig.reaches('announced');
    await holds([RANGE]);
  });

  test('a kernel that refuses from the start is never announced', async () => {
    await using rig = await start({ probes: 0 });
    rig.kernel.refuses.add('ipvs');
    await rig.reaches('ipvs-out-of-sync');
    expect(rig.status.checks).toContainEqual(expect.objectContaining({ name: 'vip', health: 'undecided' }));
    await holds([]);
    expect(rig.decisions).toStrictEqual(['ipvs-out-of-sync']);
  });

  test('stop withdraws, ends everything, and leaves the kernel as it is', async () => {
    await using rig = await start();
    await rig.reaches('announced');
    await holds([RANGE]);
    await rig.stop();
    expect(await prefixes()).toStrictEqual([]);
    expect(rig.decisions).toStrictEqual(['announced', 'stopping']);
    expect(rig.lines.map(({ event }) => event)).toContain('withdrawal-sent');
    expect([rig.kernel.closed, rig.probe.closed]).toStrictEqual([true, true]);
    expect([...rig.kernel.table.keys()]).toContain(WEB_KEY);
    const { passes } = rig.kernel;
    await pause(60);
    expect(rig.kernel.passes).toBe(passes);
  });

  test('an agent that starts leaves what an earlier one announced, and takes it over', async () => {
    await announceAsAnEarlierAgent();
    await using rig = await start({ probes: 2 });
    await eventually(() => expect(rig.speaker.state()).toMatchObject({ inSync: true, prefixes: [RANGE] }));
    await pause(100);
    expect(rig.phase).toBe('starting');
    expect(await prefixes()).toStrictEqual([RANGE]);
    rig.probe.allowed = 3;
    await rig.reaches('announced');
    await eventually(() => expect(rig.speaker.state().inSync).toBe(true));
    expect(rig.lines.map(({ event }) => event)).not.toContain('path-withdrawn');
    expect(rig.lines.map(({ event }) => event)).not.toContain('path-announced');
  });

  test('an agent that fails its first checks withdraws what an earlier one announced', async () => {
    await announceAsAnEarlierAgent();
    await using rig = await start({ probes: 0 });
    rig.probe.losesPackets = true;
    rig.probe.allowed = Number.POSITIVE_INFINITY;
    await rig.reaches('probe-failed');
    await holds([]);
  });

  test('a gobgpd that was killed is told everything again when it is back', async () => {
    await using rig = await start();
    await rig.reaches('announced');
    await holds([RANGE]);
    await gobgpd.kill();
    await eventually(() => expect(rig.conditions).toContain('gobgpd-unreachable'));
    expect(rig.phase).toBe('announced');
    await gobgpd.start();
    await holds([RANGE]);
    await eventually(() => expect(rig.conditions).not.toContain('gobgpd-unreachable'));
  });

  test('nothing is touched before the source has been read completely once', async () => {
    await using rig = await start({ files: {} });
    await eventually(() => expect(rig.conditions).toContain('source-not-synced'));
    await pause(50);
    expect(rig.kernel.passes).toBe(0);
    expect(rig.status.announcement).toMatchObject({
      reason: 'starting',
      detail: 'waiting for the first full reading of the source',
    });
    await rig.write('web.yaml', WEB);
    await rig.reaches('announced');
  });
});

test('without a gobgpd the kernel is served, and stop gives up after five seconds', { timeout: 15_000 }, async () => {
  await using rig = await Rig.start({ target: 'unix:///nonexistent/gobgp.sock', files: { 'web.yaml': WEB } });
  await rig.reaches('announced');
  await eventually(() => expect(rig.conditions).toStrictEqual(['gobgpd-unreachable']));
  expect([...rig.kernel.table.keys()]).toContain(WEB_KEY);
  const begin = performance.now();
  await rig.stop();
  expect(performance.now() - begin).toBeLessThan(8000);
  expect(rig.lines).toContainEqual(expect.objectContaining({ level: 50, event: 'withdrawal-unconfirmed' }));
});
