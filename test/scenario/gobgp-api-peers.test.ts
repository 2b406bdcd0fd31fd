import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { GobgpApi as V3 } from '../../src/bgp/gen/gobgp-v3.ts';
import type { GobgpApi, HeldPath, LocalPath, Neighbor, Policies } from '../../src/bgp/gobgp.ts';
import { UNICAST } from '../../src/bgp/messages/peer-settings.ts';
import { NO_EDITS } from '../../src/bgp/policy.ts';
import { decodeLocalPath } from '../../src/bgp/v3/decode.ts';
import { FAMILIES } from '../../src/model/address.ts';
import { PEER } from '../unit/bgp/sample.ts';
import { gobgpds } from './gobgpd-binary.ts';
import { Network } from './gobgpd-network.ts';
import { becomeSwitch, Gobgpd } from './gobgpd.ts';
import { keepLooking } from './keep-looking.ts';
import { speak } from './speak.ts';

const [NODE, NODE6, SWITCH, OWN_SWITCH, NOBODY] = [
  '10.22.108.100',
  'fd22::100',
  '10.22.108.1',
  '10.22.108.2',
  '10.22.108.3',
];
const BOTH = { families: ['ipv4', 'ipv6'] } as const;
const [RANGE, RANGE6, DEFAULT] = ['10.99.66.0/23', 'fd99:66::/112', '0.0.0.0/0'];
/** gobgpd 3.10 takes 5 to 10 s to open a session. */
const SESSION = 30_000;

const PATH: LocalPath = {
  prefix: RANGE,
  nextHop: NODE,
  asPath: [64512],
  communities: ['64512:100', '65535:0'],
  largeCommunities: ['64512:1:2', '4294967295:0:4294967295'],
  med: 50,
  localPref: 300,
  linkBandwidth: { as: 64512, bytesPerSecond: 1.25e9 },
};
const PATH6: LocalPath = { ...PATH, prefix: RANGE6, nextHop: NODE6 };

const ANY = {
  prefixes: undefined,
  neighbors: undefined,
  communities: undefined,
  routeType: 'any',
  edits: NO_EDITS,
  action: 'accept',
} as const;
const OPEN: Policies = {
  sets: [],
  exports: { statements: [], otherwise: 'accept' },
  imports: { statements: [], otherwise: 'accept' },
};

/** What a switch has in its table, read as if it were its own. */
async function received(from: Gobgpd): Promise<HeldPath[]> {
  const asked = FAMILIES.map((family) => from.api.list(V3.ListPath, { family: UNICAST[family] }, 2000));
  return (await Promise.all(asked)).flat().flatMap(({ destination }) => {
    const paths = destination?.paths.map((path) => ({ ...path, neighborIp: '' })) ?? [];
    return destination === undefined ? [] : (decodeLocalPath({ ...destination, paths }) ?? []);
  });
}

const eventually = <T>(check: () => T | Promise<T>, timeout = 5000): Promise<T> =>
  vi.waitFor(check, { timeout, interval: 50 });

describe.each(gobgpds())('gobgpd $version', (binary) => {
  let network: Network;
  let ours: Gobgpd;
  let [other, own]: Gobgpd[] = [];
  let api: GobgpApi;
  const at = (gobgpd: Gobgpd | undefined) => received(gobgpd ?? ours);
  const states = async () => (await api.peers()).map(({ address, state }) => `${address} ${state}`).toSorted();

  const kept = async () => (await at(other)).filter(({ prefix }) => prefix !== DEFAULT).length;

  async function begin(...peers: Neighbor[]): Promise<void> {
    api = speak(binary.api, ours);
    await api.startBgp({ as: 64512, routerId: NODE, listenPort: 179, listenAddresses: [NODE] });
    for (const path of [PATH, PATH6]) await api.addPath(path);
    for (const peer of peers) await api.addPeer(peer);
  }

  beforeAll(async () => {
    network = await Network.create(NODE, [SWITCH, OWN_SWITCH, NOBODY], [NODE6]);
    ours = await Gobgpd.start(network, binary.file);
    [other, own] = await Promise.all([Gobgpd.start(network), Gobgpd.start(network)]);
    const session = { ...PEER, ...BOTH, address: NODE, as: 64512, gracefulRestart: { restartTimeSeconds: 60 } };
    await becomeSwitch(other, SWITCH, 64500, session);
    await becomeSwitch(own, OWN_SWITCH, 64512, { ...PEER, ...BOTH, address: NODE, as: 64512 });
  });
  afterAll(async () => {
    api?.close();
    for (const gobgpd of [ours, other, own]) await gobgpd?.[Symbol.asyncDispose]();
    await network?.[Symbol.asyncDispose]();
  });

  test('brings every attribute to a switch of another AS, LOCAL_PREF aside', { timeout: SESSION }, async () => {
    const peer = { ...PEER, ...BOTH, address: SWITCH };
    await begin(peer, { ...PEER, ...BOTH, address: OWN_SWITCH, as: 64512 });
    await eventually(async () => expect(await at(other)).toHaveLength(2), SESSION);
    const sent = { ...PATH, localPref: undefined, asPath: [64512, 64512], foreign: [] };
    expect(await at(other)).toEqual([sent, { ...sent, prefix: RANGE6, nextHop: NODE6 }]);
    expect(await api.advertisedTo(SWITCH, peer.families)).toEqual([RANGE, RANGE6]);
  });

  test('brings LOCAL_PREF too to a switch of our own AS', { timeout: SESSION }, async () => {
    await eventually(
      async () => expect(await states()).toEqual([`${SWITCH} established`, `${OWN_SWITCH} established`]),
      SESSION,
    );
    // gobgpd tells the address of the session where it was given none.
    const session = { state: 'established', bfdState: undefined, lastError: undefined, localAddress: NODE };
    const held = (await api.peers()).toSorted((a, b) => (a.address < b.address ? -1 : 1));
    expect(held).toEqual(
      [SWITCH, OWN_SWITCH].map((address) => ({
        ...PEER,
        ...BOTH,
        address,
        as: address === SWITCH ? 64500 : 64512,
        ...session,
      })),
    );
    // Our own AS in AS_PATH is a loop to a switch of that AS, which keeps such a path out.
    await api.addPath({ ...PATH, asPath: [] });
    await eventually(async () => expect(await at(own)).toEqual([{ ...PATH, asPath: [], foreign: [] }]));
  });

  test('edits the path for one switch by policy, and leaves it as it is for the other', async () => {
    await api.setPolicies({
      ...OPEN,
      sets: [
        { kind: 'prefix', name: 'owned', members: [`${RANGE} 23..23`] },
        { kind: 'neighbor', name: 'one', members: [`${SWITCH}/32`] },
        { kind: 'community', name: 'less', members: ['^65535:0$'] },
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
              ...NO_EDITS,
              communities: ['64512:200'],
              largeCommunities: ['64512:7:7'],
              addMed: 100,
              prepend: { as: 64512, times: 2 },
            },
          },
          { ...ANY, prefixes: 'in owned', edits: { ...NO_EDITS, localPref: 77 } },
        ],
        otherwise: 'reject',
      },
    });
    await api.refreshPeers();
    const edited = {
      ...PATH,
      asPath: [64512, 64512, 64512],
      communities: [...PATH.communities, '64512:200'],
      largeCommunities: [...PATH.largeCommunities, '64512:7:7'],
      med: 150,
      localPref: undefined,
    };
    await eventually(async () => {
      expect((await at(other)).find(({ prefix }) => prefix === RANGE)).toEqual({ ...edited, foreign: [] });
      expect(await at(own)).toEqual([{ ...PATH, asPath: [], localPref: 77, foreign: [] }]);
    });
    expect(await api.advertisedTo(SWITCH, ['ipv4', 'ipv6'])).toEqual([RANGE]);
    expect(await api.paths()).toContainEqual({ ...PATH, asPath: [], foreign: [] });
  });

  test('tells paths that came in and were let in from its own', async () => {
    await other?.addPath({ prefix: DEFAULT, communities: [], med: undefined });
    await eventually(async () => expect(await api.acceptedPaths()).toEqual([{ prefix: DEFAULT, from: SWITCH }]));
    expect((await api.paths()).map(({ prefix }) => prefix)).toEqual([RANGE, RANGE6]);
    await api.deletePath(RANGE);
    await eventually(async () => expect(await at(own)).toEqual([]));
    expect(await api.acceptedPaths()).toEqual([{ prefix: DEFAULT, from: SWITCH }]);
    await api.setPolicies({ ...OPEN, imports: { statements: [{ ...ANY, routeType: 'local' }], otherwise: 'reject' } });
    await api.refreshPeers();
    await eventually(async () => expect(await api.acceptedPaths()).toEqual([]));
    expect((await api.paths()).map(({ prefix }) => prefix)).toEqual([RANGE6]);
  });

  test('keeps a session through an update of its timers', async () => {
    await api.updatePeer({
      ...PEER,
      ...BOTH,
      address: OWN_SWITCH,
      as: 64512,
      holdTimeSeconds: 30,
      keepaliveSeconds: 10,
    });
    const found = (await api.peers()).find(({ address }) => address === OWN_SWITCH);
    expect(found).toMatchObject({ holdTimeSeconds: 30, keepaliveSeconds: 10 });
    // gobgp #2659
    if (!binary.version.startsWith('3.10')) expect(found?.state).toBe('established');
  });

  test('that was killed holds nothing back from a switch that waited for it', { timeout: 3 * SESSION }, async () => {
    const gracefulRestart = { restartTimeSeconds: 60 };
    // One that is not there must not make the others wait.
    const peers = [SWITCH, NOBODY].map((address) => ({ ...PEER, ...BOTH, address, gracefulRestart }));
    const restart = async () => {
      await ours.kill();
      api.close();
      await ours.start();
      await begin(...peers);
    };
    await restart();
    await eventually(async () => expect(await kept()).toBe(2), SESSION);
    const seen = keepLooking(kept, 50);
    await restart();
    await eventually(async () => expect((await states())[0]).toBe(`${SWITCH} established`), SESSION);
    await eventually(async () => expect(await api.advertisedTo(SWITCH, ['ipv4', 'ipv6'])).toEqual([RANGE, RANGE6]));
    expect(await kept()).toBe(2);
    expect(new Set(await seen())).toEqual(new Set([2]));
  });
});
