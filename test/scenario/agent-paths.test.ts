import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HeldPath } from '../../src/bgp/gobgp.ts';
import type { Census } from '../../src/model/census.ts';
import { PEER } from '../unit/bgp/sample.ts';
import { endpointOn, everyPath, loadBalancer } from './agent-paths-rig.ts';
import { eventually, NODE, pause, RANGE, Rig, type RigOptions, WEB } from './agent-rig.ts';
import { becomeSwitch, Gobgpd } from './gobgpd.ts';
import { gobgpdForEach } from './gobgpd-for-each.ts';
import { Network } from './gobgpd-network.ts';

const EXTERNAL = '192.0.2.1';
const BALANCED = '198.51.100.1';
const LISTS = 'externalIPs: [192.0.2.0/24], loadBalancerIPs: [198.51.100.0/24]';
const BOTH_ON = 'services: { externalIPs: true, loadBalancerIPs: true }';

const webAt = (address: string): string =>
  loadBalancer({ name: 'web', clusterIP: '10.99.66.10', externalIPs: [address] }) + endpointOn('web', 'lb-2');

const host = (address: string): string => `${address}/32`;

describe('single addresses of Services', () => {
  const gobgpd = gobgpdForEach();
  const start = (options: Partial<RigOptions> = {}): Promise<Rig> =>
    Rig.start({ target: gobgpd().target, files: {}, dataplane: LISTS, announcement: BOTH_ON, ...options });
  const announced = async (): Promise<string[]> => (await everyPath(gobgpd())).map(({ prefix }) => prefix);
  const holds = (...expected: string[]): Promise<void> =>
    eventually(async () => expect(await announced()).toStrictEqual(expected));

  const LOCAL = loadBalancer({
    name: 'web',
    clusterIP: '10.99.66.10',
    externalIPs: [EXTERNAL],
    loadBalancerIPs: [BALANCED],
    policy: 'Local',
  });

  test('with a policy of Local are announced while this node has an endpoint that is ready', async () => {
    await using rig = await start({ files: { 'web.yaml': LOCAL + endpointOn('web', 'lb-1') } });
    await holds(RANGE, host(EXTERNAL), host(BALANCED));
    expect(rig.status.announcedAddresses).toBe(2);
    expect(await rig.metrics()).toContain('fairlead_announced_addresses 2');

    await rig.write('web.yaml', LOCAL + endpointOn('web', 'lb-2'));
    await holds(RANGE);
    expect(rig.status.announcedAddresses).toBe(0);

    await rig.write('web.yaml', LOCAL + endpointOn('web', 'lb-1', false));
    await pause(100);
    await holds(RANGE);

    await rig.write('web.yaml', LOCAL + endpointOn('web', 'lb-1'));
    await holds(RANGE, host(EXTERNAL), host(BALANCED));
    expect(rig.decisions).toStrictEqual(['announced']);
  });

  test('that two Services share are announced until neither needs them', async () => {
    const shared = (name: string, clusterIP: string, port: number): string =>
      loadBalancer({ name, clusterIP, port, loadBalancerIPs: [BALANCED] }) + endpointOn(name, 'lb-2');
    const files = { 'a.yaml': shared('a', '10.99.66.10', 80), 'b.yaml': shared('b', '10.99.66.11', 443) };
    await using rig = await start({ files: { ...files, 'web.yaml': WEB.replace('.10', '.12') } });
    await holds(RANGE, host(BALANCED));
    const changes = rig.lines.length;
    await rig.write('a.yaml', loadBalancer({ name: 'a', clusterIP: '10.99.66.10' }) + endpointOn('a', 'lb-2'));
    await eventually(() => expect([...rig.kernel.table.keys()]).not.toContain(`tcp/${BALANCED}:80`));
    await pause(100);
    expect(await announced()).toStrictEqual([RANGE, host(BALANCED)]);
    const told = rig.lines.slice(changes).map(({ event }) => event);
    expect(told).not.toContain('path-withdrawn');
    await rig.write('b.yaml', loadBalancer({ name: 'b', clusterIP: '10.99.66.11' }) + endpointOn('b', 'lb-2'));
    await holds(RANGE);
  });

  test('of a kind that is off are served and not announced, and those in no list are neither', async () => {
    const addresses = { externalIPs: [EXTERNAL, '203.0.113.9'], loadBalancerIPs: [BALANCED, '203.0.113.9'] };
    const web = loadBalancer({ name: 'web', clusterIP: '10.99.66.10', ...addresses }) + endpointOn('web', 'lb-2');
    const announcement = 'services: { loadBalancerIPs: true }';
    await using rig = await start({ announcement, files: { 'web.yaml': web } });
    await holds(RANGE, host(BALANCED));
    await pause(100);
    expect(await announced()).toStrictEqual([RANGE, host(BALANCED)]);
    expect([...rig.kernel.table.keys()]).toContain(`tcp/${EXTERNAL}:80`);
    expect([...rig.kernel.table.keys()].join()).not.toContain('203.0.113.9');
  });

  test('are announced once the kernel holds them, and withdrawn before it lets go of them', async () => {
    await using rig = await start({ files: { 'web.yaml': webAt(EXTERNAL) } });
    await holds(RANGE, host(EXTERNAL));
    const stalled = Promise.withResolvers<void>();
    rig.kernel.stalled = stalled.promise;
    await rig.write('web.yaml', webAt('192.0.2.2'));
    await holds(RANGE);
    await pause(50);
    expect([...rig.kernel.table.keys()]).toContain(`tcp/${EXTERNAL}:80`);
    expect(await announced()).toStrictEqual([RANGE]);
    stalled.resolve();
    await holds(RANGE, host('192.0.2.2'));
    expect([...rig.kernel.table.keys()]).toContain('tcp/192.0.2.2:80');
  });

  test('are not announced while it is not known that the kernel has bound them', async () => {
    const files = { 'web.yaml': WEB };
    await using rig = await start({ files });
    await holds(RANGE);
    rig.kernel.hidden.add('vip');
    const more = { name: 'more', clusterIP: '10.99.66.11', externalIPs: [EXTERNAL] };
    await rig.write('more.yaml', loadBalancer(more) + endpointOn('more', 'lb-2'));
    await eventually(() => expect([...rig.kernel.table.keys()]).toContain(`tcp/${EXTERNAL}:80`));
    await pause(100);
    expect(await announced()).toStrictEqual([RANGE]);
    rig.kernel.hidden.delete('vip');
    await holds(RANGE, host(EXTERNAL));
  });

  test('stand while the next agent starts, and are withdrawn with the ranges', async () => {
    const files = { 'web.yaml': LOCAL + endpointOn('web', 'lb-1') };
    const all = [RANGE, host(EXTERNAL), host(BALANCED)];
    await using first = await start({ files });
    await holds(...all);
    await first.handOver();
    await using rig = await start({ files, probes: 2 });
    await eventually(() => expect(rig.speaker.state()).toMatchObject({ inSync: true, prefixes: all }));
    await pause(100);
    expect([rig.phase, await announced()]).toStrictEqual(['starting', all]);
    rig.probe.allowed = Number.POSITIVE_INFINITY;
    await rig.reaches('announced');
    await eventually(() => expect(rig.speaker.state().inSync).toBe(true));
    const events = rig.lines.map(({ event }) => event);
    expect(events.filter((event) => event === 'path-announced' || event === 'path-withdrawn')).toStrictEqual([]);
    rig.probe.losesPackets = true;
    await rig.reaches('probe-failed');
    await holds();
    expect(rig.status.announcedAddresses).toBe(0);
  });

  test('are served by another program where this one does not', async () => {
    const files = { 'web.yaml': LOCAL + endpointOn('web', 'lb-1') };
    const neighbours = [{ program: 'kube-proxy', mode: 'ipvs' } as never];
    await using rig = await start({ files, mode: 'none', neighbours });
    await holds(RANGE, host(EXTERNAL), host(BALANCED));
    await rig.write('web.yaml', LOCAL + endpointOn('web', 'lb-2'));
    await holds(RANGE);
  });
});

describe('a switch sees', () => {
  const SWITCH = '10.22.108.1';
  const [OTHER_RANGE, RANGE6] = ['10.99.70.0/24', 'fd99:66::/112'];
  const NEXT_HOP6 = 'fd00:22:108::100';
  /** gobgpd 3.10 takes 5 to 10 s to open a session. */
  const SESSION = 30_000;

  let network: Network;
  let ours: Gobgpd;
  let tor: Gobgpd;

  beforeAll(async () => {
    network = await Network.create(NODE, [SWITCH], [NEXT_HOP6]);
    [ours, tor] = await Promise.all([Gobgpd.start(network), Gobgpd.start(network)]);
    await becomeSwitch(tor, SWITCH, 64500, { ...PEER, address: NODE, as: 64512, families: ['ipv4', 'ipv6'] });
  });
  afterAll(async () => {
    await Promise.all([ours?.[Symbol.asyncDispose](), tor?.[Symbol.asyncDispose]()]);
    await network?.[Symbol.asyncDispose]();
  });

  const seen = async (): Promise<Partial<HeldPath>[]> => await everyPath(tor);
  const sees = (...expected: Partial<HeldPath>[]): Promise<void> =>
    eventually(async () => {
      const found = await seen();
      expect(found).toMatchObject(expected);
      expect(found).toHaveLength(expected.length);
    }, SESSION);

  test('each range with its attributes, in every state of the announcement', { timeout: 90_000 }, async () => {
    const web =
      loadBalancer({ name: 'web', clusterIP: '10.99.66.10', loadBalancerIPs: [BALANCED] }) + endpointOn('web', 'lb-1');
    await using rig = await Rig.start({
      target: ours.target,
      files: { 'web.yaml': web },
      minimumAnnouncers: 1,
      ranges: [
        RANGE,
        `{ prefix: ${OTHER_RANGE}, communities: ['64512:70'], largeCommunities: ['64512:7:7'], med: 7, prepend: 1 }`,
        `"${RANGE6}"`,
      ],
      dataplane: LISTS,
      announcement: `weight: capacity, services: { loadBalancerIPs: true, med: 32 },
        deprioritised: { communities: ['64512:666'], largeCommunities: ['64512:6:6'], med: 500, prepend: 2 }`,
    });
    rig.nextHopIPv6 = NEXT_HOP6;
    rig.linkSpeed = { interface: 'eth0', megabitsPerSecond: 25_000 };
    rig.presence.finds(others('announced'));
    await rig.reaches('announced');

    const linkBandwidth = { as: 64512, bytesPerSecond: Math.fround(3_125_000_000) };
    const plain = { communities: ['64512:100'], largeCommunities: [], med: undefined, asPath: [64512], linkBandwidth };
    const other = {
      communities: ['64512:70'],
      largeCommunities: ['64512:7:7'],
      med: 7,
      asPath: [64512, 64512],
      linkBandwidth,
    };
    await sees(
      { prefix: RANGE, nextHop: NODE, ...plain },
      { prefix: OTHER_RANGE, nextHop: NODE, ...other },
      { prefix: host(BALANCED), nextHop: NODE, ...plain, med: 32 },
      { prefix: RANGE6, nextHop: NEXT_HOP6, ...plain },
    );
    expect(rig.conditions).not.toContain('capacity-unknown');

    rig.presence.found = { ...others('announced'), confirmed: false };
    rig.probe.losesPackets = true;
    await eventually(() => expect(rig.status.announcement.state).toBe('deprioritised'));
    expect(rig.status.announcedAddresses).toBe(1);
    const lesser = { ...plain, communities: ['64512:100', '65535:0', '64512:666'], largeCommunities: ['64512:6:6'] };
    const threefold = { asPath: [64512, 64512, 64512] };
    await sees(
      { prefix: RANGE, ...lesser, ...threefold, med: 500 },
      {
        prefix: OTHER_RANGE,
        communities: ['64512:70', '65535:0', '64512:666'],
        largeCommunities: ['64512:7:7', '64512:6:6'],
        med: 507,
        asPath: [64512, 64512, 64512, 64512],
        linkBandwidth,
      },
      { prefix: host(BALANCED), ...lesser, ...threefold, med: 532 },
      { prefix: RANGE6, nextHop: NEXT_HOP6, ...lesser, ...threefold, med: 500 },
    );

    rig.presence.finds(others('announced'));
    await eventually(() => expect(rig.status.announcement.state).toBe('withdrawn'));
    await sees();

    rig.probe.losesPackets = false;
    await rig.reaches('announced');
    rig.linkSpeed = { interface: 'eth0', megabitsPerSecond: undefined };
    await eventually(async () => expect((await seen()).map((path) => path.linkBandwidth)).toStrictEqual(NO_WEIGHTS));
    expect(rig.status.conditions).toContainEqual({
      code: 'capacity-unknown',
      detail: 'the kernel gives eth0 no speed',
    });
    rig.linkSpeed = { interface: 'eth0', megabitsPerSecond: 10_000 };
    const tenfold = { as: 64512, bytesPerSecond: 1_250_000_000 };
    await eventually(async () =>
      expect((await seen()).map((path) => path.linkBandwidth)).toStrictEqual(NO_WEIGHTS.map(() => tenfold)),
    );
  });

  const NO_WEIGHTS = [undefined, undefined, undefined, undefined];

  test('nothing of an address outside the lists, even where gobgpd is told of it', { timeout: 60_000 }, async () => {
    const web = loadBalancer({ name: 'web', clusterIP: '10.99.66.10', externalIPs: [EXTERNAL, '203.0.113.9'] });
    await using rig = await Rig.start({
      target: ours.target,
      files: { 'web.yaml': web + endpointOn('web', 'lb-1') },
      dataplane: LISTS,
      announcement: 'services: { externalIPs: true }',
    });
    await sees({ prefix: RANGE }, { prefix: host(EXTERNAL) });
    await rig.handOver();
    // With no agent to take them away: it is the policy that keeps them in.
    for (const stray of ['203.0.113.9/32', '192.0.2.128/25', host(BALANCED), '192.0.2.0/24']) {
      await ours.addPath({ prefix: stray, communities: [], med: undefined });
    }
    await ours.addPath({ prefix: '192.0.2.2/32', communities: [], med: undefined });
    await sees({ prefix: RANGE }, { prefix: host(EXTERNAL) }, { prefix: '192.0.2.2/32' });
    expect((await everyPath(ours)).map(({ prefix }) => prefix)).toContain('203.0.113.9/32');
  });
});

const others = (state: 'announced' | 'deprioritised'): Extract<Census, { known: true }> => ({
  known: true,
  turns: [],
  confirmed: true,
  others: [{ node: 'lb-2', state, faults: [] }],
});
