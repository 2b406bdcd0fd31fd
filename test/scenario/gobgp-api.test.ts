import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { CallError } from '../../src/bgp/client.ts';
import type { GobgpApi, LocalPath, Neighbor, Policies } from '../../src/bgp/gobgp.ts';
import { NO_EDITS } from '../../src/bgp/policy.ts';
import { PEER } from '../unit/bgp/sample.ts';
import { gobgpds } from './gobgpd-binary.ts';
import { Network } from './gobgpd-network.ts';
import { Gobgpd } from './gobgpd.ts';
import { speak } from './speak.ts';

const [NODE, NODE6] = ['10.22.108.100', 'fd22::100'];
const GLOBAL = { as: 64512, routerId: NODE, listenPort: -1, listenAddresses: [NODE] };

const PEERS: Readonly<Record<string, Neighbor>> = {
  'with nothing special': PEER,
  'of IPv6': { ...PEER, address: 'fd22::1', families: ['ipv6'] },
  'of our own AS, for both families': { ...PEER, as: 64512, families: ['ipv4', 'ipv6'] },
  'with an AS of 32 bits, and another port': { ...PEER, as: 4_200_000_000, port: 1790 },
  'with timers of its own': { ...PEER, holdTimeSeconds: 30, keepaliveSeconds: 7, connectRetrySeconds: 5 },
  'that is to open the session': { ...PEER, passive: true },
  'with an address of this end': { ...PEER, localAddress: NODE },
  'with an IPv6 address of this end': { ...PEER, address: 'fd22::1', families: ['ipv6'], localAddress: NODE6 },
  'with a password': { ...PEER, password: () => 'between us' },
  'with GTSM': { ...PEER, ttlSecurity: true },
  'some hops away': { ...PEER, multihopTtl: 5 },
  'with graceful restart': {
    ...PEER,
    families: ['ipv4', 'ipv6'],
    gracefulRestart: { restartTimeSeconds: 30 },
  },
};

/** What is said of a session that has never been. */
const TRYING: object = {
  state: expect.stringMatching(/^(idle|connect|active)$/),
  bfdState: undefined,
  lastError: undefined,
};
/** As a test compares it: of a password the text. */
const legible = <N extends Neighbor>({ password, ...peer }: N) => ({
  ...peer,
  ...(password && { password: password() }),
});

const NOTHING = {
  asPath: [],
  communities: [],
  largeCommunities: [],
  med: undefined,
  localPref: undefined,
  linkBandwidth: undefined,
} satisfies Partial<LocalPath>;
const EVERYTHING = {
  asPath: [64512, 64512, 4_200_000_000],
  communities: ['64512:100', '65535:0', '0:1', '65535:65535'],
  largeCommunities: ['64512:1:2', '4294967295:0:4294967295'],
  med: 50,
  localPref: 200,
  linkBandwidth: { as: 64512, bytesPerSecond: 1.25e9 },
} satisfies Partial<LocalPath>;
const [RANGE, RANGE6] = ['10.99.66.0/23', 'fd99:66::/112'];
const PATHS: Readonly<Record<string, LocalPath>> = {
  'of IPv4 with all there is': { ...EVERYTHING, prefix: RANGE, nextHop: NODE },
  'of IPv6 with all there is': { ...EVERYTHING, prefix: RANGE6, nextHop: NODE6 },
  'of IPv4 with nothing': { ...NOTHING, prefix: RANGE, nextHop: undefined },
  'of IPv6 with nothing': { ...NOTHING, prefix: RANGE6, nextHop: NODE6 },
  'of an address, with zeros': { ...NOTHING, prefix: '10.99.66.1/32', nextHop: undefined, med: 0, localPref: 0 },
  'of an IPv6 address, with the most there is': {
    ...NOTHING,
    prefix: 'fd99:66::1/128',
    nextHop: NODE6,
    med: 0xff_ff_ff_ff,
    localPref: 0xff_ff_ff_ff,
    linkBandwidth: { as: 23456, bytesPerSecond: Math.fround(0.1) },
  },
  'of everything': { ...NOTHING, prefix: '0.0.0.0/0', nextHop: undefined },
};

const ANY = {
  prefixes: undefined,
  neighbors: undefined,
  communities: undefined,
  routeType: 'any',
  edits: NO_EDITS,
  action: 'accept',
} as const;
const POLICIES: Policies = {
  sets: [
    { kind: 'prefix', name: 'owned', members: ['10.99.66.0/23 23..23', '10.99.0.0/16 24..24', '10.99.0.0/16 32..32'] },
    { kind: 'prefix', name: 'owned-ipv6', members: ['fd99:66::/112 112..112', 'fd99:66::/112 128..128'] },
    { kind: 'neighbor', name: 'one', members: ['10.22.108.1/32'] },
    { kind: 'neighbor', name: 'two', members: ['fd22::1/128'] },
    { kind: 'community', name: 'less', members: ['^65535:0$', '^64512:100$'] },
  ],
  exports: {
    statements: [
      {
        ...ANY,
        prefixes: 'in owned',
        neighbors: 'in one',
        communities: 'in less',
        routeType: 'local',
        edits: {
          communities: ['64512:100', '65535:0'],
          largeCommunities: ['64512:1:2', '64512:4294967295:0'],
          addMed: 50,
          localPref: 300,
          prepend: { as: 4_200_000_000, times: 2 },
          foreign: [],
        },
      },
      { ...ANY, prefixes: 'in owned-ipv6', neighbors: 'in two', edits: { ...NO_EDITS, addMed: 0xff_ff_ff_ff } },
      { ...ANY, routeType: 'internal', edits: { ...NO_EDITS, localPref: 1 }, action: 'none' },
      { ...ANY, routeType: 'external', action: 'reject' },
    ],
    otherwise: 'reject',
  },
  imports: { statements: [{ ...ANY, routeType: 'local' }], otherwise: 'reject' },
};
const FEWER: Policies = {
  sets: [{ kind: 'prefix', name: 'owned', members: ['10.99.66.0/23 23..23'] }],
  exports: { statements: [{ ...ANY, prefixes: 'in owned' }], otherwise: 'accept' },
  imports: { statements: [], otherwise: 'accept' },
};
const inOrder = ({ sets, ...chains }: Policies) => ({
  sets: sets.map((set) => `${set.kind} ${set.name}: ${set.members.toSorted().join()}`).toSorted(),
  ...chains,
});

describe.each(gobgpds())('gobgpd $version', (binary) => {
  let network: Network;
  let gobgpd: Gobgpd;
  let api: GobgpApi;
  /** As they are without a session. */
  const peers = async () => (await api.peers()).map(legible);
  const gobgp = (...argv: string[]) =>
    promisify(execFile)(join(dirname(binary.file), 'gobgp'), ['--target', gobgpd.target, ...argv]);

  beforeAll(async () => {
    network = await Network.create(NODE, [], [NODE6]);
    gobgpd = await Gobgpd.start(network, binary.file);
    api = speak(binary.api, gobgpd);
  });
  afterAll(async () => {
    api?.close();
    await gobgpd?.[Symbol.asyncDispose]();
    await network?.[Symbol.asyncDispose]();
  });

  test('does not know the other version of the API', async () => {
    const other = speak(binary.api === 'v3' ? 'v4' : 'v3', gobgpd);
    await expect(other.global()).rejects.toMatchObject({ outcome: 'unimplemented' });
    other.close();
  });

  test('is nobody before StartBgp, has no peer, and refuses the rest', async () => {
    expect(await api.global()).toBeUndefined();
    expect(await api.peers()).toEqual([]);
    for (const call of [() => api.paths(), () => api.policies(), () => api.addPeer(PEER)]) {
      await expect(call()).rejects.toMatchObject({ outcome: 'refused' });
    }
  });

  test('starts as it is told, and lets everything through until it has policies', async () => {
    await api.startBgp(GLOBAL);
    expect(await api.global()).toEqual(GLOBAL);
    const open = { statements: [], otherwise: 'accept' };
    expect(await api.policies()).toEqual({ sets: [], exports: open, imports: open });
  });

  test.each(Object.entries(PEERS))('a peer %s reads back as it was added', async (_, peer) => {
    await api.addPeer(peer);
    expect(await peers()).toEqual([{ ...legible(peer), ...TRYING }]);
    await api.deletePeer(peer.address);
    expect(await api.peers()).toEqual([]);
  });

  test.each(Object.entries(PEERS))(
    'a peer that becomes one %s reads back so, and as before once it is none',
    async (_, peer) => {
      const plain = { ...PEER, address: peer.address, families: peer.families };
      await api.addPeer(plain);
      await api.updatePeer(peer);
      expect(await peers()).toEqual([{ ...legible(peer), ...TRYING }]);
      await api.updatePeer(plain);
      expect(await peers()).toEqual([{ ...plain, ...TRYING }]);
      await api.deletePeer(peer.address);
    },
  );

  test('a peer with BFD reads back with it from version 4 alone', async () => {
    const peer = { ...PEER, bfd: { intervalMs: 300, multiplier: 3 } };
    await api.addPeer(peer);
    const [found] = await api.peers();
    expect(found?.bfd).toEqual(binary.api === 'v4' ? peer.bfd : undefined);
    expect(found?.bfdState).toBe(binary.api === 'v4' ? 'down' : undefined);
    await api.updatePeer({ ...peer, bfd: { intervalMs: 100, multiplier: 5 } });
    expect((await api.peers())[0]?.bfd).toEqual(binary.api === 'v4' ? { intervalMs: 100, multiplier: 5 } : undefined);
    await api.updatePeer(PEER);
    expect(await peers()).toEqual([{ ...PEER, ...TRYING }]);
  });

  test('a peer that is there is not added again, and one that is not is not deleted', async () => {
    await expect(api.addPeer(PEER)).rejects.toBeInstanceOf(CallError);
    await expect(api.deletePeer('10.22.108.9')).rejects.toBeInstanceOf(CallError);
    await api.deletePeer(PEER.address);
  });

  test.each(Object.entries(PATHS))('a path %s reads back as it was added', async (_, path) => {
    await api.addPath(path);
    expect(await api.paths()).toEqual([{ ...path, foreign: [] }]);
    await api.deletePath(path.prefix);
    expect(await api.paths()).toEqual([]);
  });

  test('a path replaces the one for its prefix, with all of its attributes, and no other', async () => {
    const [full, bare] = [PATHS['of IPv4 with all there is'], PATHS['of IPv4 with nothing']];
    const other = PATHS['of IPv6 with all there is'];
    for (const path of [full, other, bare]) if (path) await api.addPath(path);
    expect(await api.paths()).toEqual([
      { ...bare, foreign: [] },
      { ...other, foreign: [] },
    ]);
    await api.deletePath('10.99.0.0/16');
    expect(await api.paths()).toHaveLength(2);
    expect(await api.acceptedPaths()).toEqual([]);
  });

  test('a path with what we never send is told from ours', async () => {
    const add = (...more: string[]) => gobgp('global', 'rib', 'add', RANGE, ...more);
    await add('origin', 'egp');
    expect((await api.paths())[0]?.foreign).toEqual(['origin 1']);
    await add('origin', 'igp', 'rt', '64512:1');
    expect((await api.paths())[0]?.foreign).toEqual(['extended community']);
    await add('origin', 'igp', 'aigp', 'metric', '10');
    expect((await api.paths())[0]?.foreign).toHaveLength(1);
    await add('origin', 'igp');
    expect((await api.paths())[0]).toEqual({ ...NOTHING, prefix: RANGE, nextHop: undefined, foreign: [] });
  });

  test('policies with every edit read back as they were set', async () => {
    await api.setPolicies(POLICIES);
    expect(inOrder(await api.policies())).toEqual(inOrder(POLICIES));
  });

  test('policies replace all that was there, and may be set again', async () => {
    await api.setPolicies(FEWER);
    expect(inOrder(await api.policies())).toEqual(inOrder(FEWER));
    for (const policies of [POLICIES, POLICIES, FEWER]) await api.setPolicies(policies);
    expect(inOrder(await api.policies())).toEqual(inOrder(FEWER));
    await api.refreshPeers();
  });

  test('a policy that gobgpd would take for another one is never sent', async () => {
    const editing = (edits: object) => ({
      ...FEWER,
      exports: { ...FEWER.exports, statements: [{ ...ANY, edits: { ...NO_EDITS, ...edits } }] },
    });
    await expect(api.setPolicies(editing({ localPref: 0 }))).rejects.toThrow(/LOCAL_PREF of 1 or more/);
    await expect(api.setPolicies(editing({ addMed: 0 }))).rejects.toThrow(/MED of 1 or more/);
    expect(inOrder(await api.policies())).toEqual(inOrder(FEWER));
  });

  test('tells of each path that changes, and once that it has gone', async () => {
    const [onEvent, onEnd] = [vi.fn<() => void>(), vi.fn<(error: Error) => void>()];
    api.watch(onEvent, onEnd);
    await vi.waitFor(() => expect(onEvent).toHaveBeenCalled(), 5000);
    const before = onEvent.mock.calls.length;
    await api.addPath({ ...NOTHING, prefix: '10.99.66.7/32', nextHop: undefined });
    await vi.waitFor(() => expect(onEvent.mock.calls.length).toBeGreaterThan(before), 5000);
    expect(onEnd).not.toHaveBeenCalled();
    await gobgpd.kill();
    await vi.waitFor(() => expect(onEnd).toHaveBeenCalled(), 5000);
    await expect(api.global()).rejects.toMatchObject({ unanswered: true });
    expect(onEnd).toHaveBeenCalledTimes(1);
  });
});
