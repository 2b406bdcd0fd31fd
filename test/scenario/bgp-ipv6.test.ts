import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { GobgpApi as V3, TableType } from '../../src/bgp/gen/gobgp-v3.ts';
import { createSpeaker } from '../../src/bgp/gobgp-speaker.ts';
import type { BgpState, Speaker, WantedBgp } from '../../src/bgp/speaker.ts';
import type { Path } from '../../src/model/path.ts';
import { PEER, WANTED } from '../unit/bgp/sample.ts';
import { Network } from './gobgpd-network.ts';
import { becomeSwitch, Gobgpd } from './gobgpd.ts';

const [RANGE, RANGE6] = ['10.99.66.0/23', 'fd99:66::/112'];
const [OURS, SWITCH] = ['10.22.108.100', '10.22.108.1'];
const [NEXT_HOP, OTHER_NEXT_HOP] = ['fd00:22:108::100', 'fd00:22:108::200'];
const PATH: Path = { prefix: RANGE, communities: ['64512:100'], med: 50 };
const PATH6: Path = { prefix: RANGE6, nextHop: NEXT_HOP, communities: ['64512:100'], med: 60 };
/** gobgpd 3.10 takes 5 to 10 s to open a session. */
const SESSION = 25_000;

const eventually = <T>(check: () => T | Promise<T>, timeout = 3000): Promise<T> =>
  vi.waitFor(check, { timeout, interval: 20 });

describe('IPv6 over a session between IPv4 addresses', () => {
  let network: Network;
  let ours: Gobgpd;
  let peer: Gobgpd;
  let wanted: WantedBgp;
  let speaker: Speaker;
  let events: string[];
  const openSpeaker = (): void => {
    events = [];
    const line = (fields: object) => void events.push((fields as { event: string }).event);
    const log = { debug: () => undefined, info: line, warn: line };
    speaker = createSpeaker({ target: ours.target, log, onChange: () => undefined });
  };
  const want = async (part: Partial<WantedBgp>): Promise<BgpState> => {
    wanted = { ...wanted, ...part };
    speaker.set(wanted);
    return speaker.reconcile();
  };
  /** Prefixes and next hops, as the switch has them from us. */
  const fromUs = async (): Promise<string[]> =>
    (await peer.table())
      .filter(({ from }) => from === OURS)
      .map(({ nextHop, prefix }) => `${prefix} via ${nextHop}`)
      .toSorted();
  const established = (): void => expect(speaker.state().peers.map(({ state }) => state)).toEqual(['established']);

  beforeAll(async () => {
    network = await Network.create(OURS, [SWITCH], [NEXT_HOP, OTHER_NEXT_HOP]);
    [ours, peer] = await Promise.all([Gobgpd.start(network), Gobgpd.start(network)]);
    wanted = {
      ...WANTED,
      paths: [PATH],
    };
    const session = { ...PEER, address: OURS, as: 64512, families: ['ipv4', 'ipv6'] } as const;
    await becomeSwitch(peer, SWITCH, 64500, session);
    openSpeaker();
  });

  afterAll(async () => {
    await speaker?.close();
    await Promise.all([ours?.[Symbol.asyncDispose](), peer?.[Symbol.asyncDispose]()]);
    await network?.[Symbol.asyncDispose]();
  });

  test('a configuration without IPv6 offers IPv4 alone, to a switch with both', { timeout: SESSION }, async () => {
    expect(await want({})).toMatchObject({ inSync: true, problem: undefined });
    await eventually(established, SESSION);
    await eventually(async () => expect(await fromUs()).toEqual([`${RANGE} via ${OURS}`]));
    const [answer] = await ours.api.list(V3.ListPeer, {}, 2000);
    expect(answer?.peer?.afiSafis.map(({ config }) => config?.family)).toEqual([{ afi: 1, safi: 1 }]);
  });

  test('the first IPv6 range opens the session anew, and both paths arrive', { timeout: SESSION }, async () => {
    const peers = [{ ...PEER, families: ['ipv4', 'ipv6'] as const }];
    const state = await want({ ranges: [RANGE, RANGE6], peers, paths: [PATH, PATH6] });
    expect(state).toMatchObject({ inSync: true, problem: undefined, prefixes: [RANGE, RANGE6] });
    expect(events).toContain('peer-replaced');
    const both = [`${RANGE} via ${OURS}`, `${RANGE6} via ${NEXT_HOP}`];
    await eventually(async () => expect(await fromUs()).toEqual(both), SESSION);
    await eventually(() => expect(speaker.state().peers[0]?.advertised).toEqual([RANGE, RANGE6]));
    const six = (await peer.table()).find(({ prefix }) => prefix === RANGE6);
    expect(six).toMatchObject({ from: OURS, communities: [64512 * 65536 + 100], med: 60 });
  });

  test('a second look changes nothing, nor does an agent that takes over', async () => {
    const before = events.length;
    await want({});
    expect(events.slice(before)).toEqual([]);
    await speaker.close();
    openSpeaker();
    expect(await want({})).toMatchObject({ inSync: true, prefixes: [RANGE, RANGE6] });
    expect(events).toEqual(['gobgpd-reached', 'session-established']);
  });

  test('another next hop replaces the path without touching the session', async () => {
    await want({ paths: [PATH, { ...PATH6, nextHop: OTHER_NEXT_HOP }] });
    await eventually(async () => expect(await fromUs()).toContain(`${RANGE6} via ${OTHER_NEXT_HOP}`));
    established();
  });

  test('a stray IPv6 path never reaches the switch, and is taken away', async () => {
    await speaker.close();
    await ours.addPath({ ...PATH6, prefix: 'fd77::/64' });
    await ours.addPath({ ...PATH6, med: 99 });
    await eventually(async () => expect(await peer.table()).toContainEqual(expect.objectContaining({ med: 99 })));
    expect((await peer.table()).map(({ prefix }) => prefix)).not.toContain('fd77::/64');
    openSpeaker();
    expect(await want({ paths: [PATH, PATH6] })).toMatchObject({ inSync: true, prefixes: [RANGE, RANGE6] });
    expect((await ours.table()).map(({ prefix }) => prefix).toSorted()).toEqual([RANGE, RANGE6]);
  });

  test('an IPv6 path of the switch arrives and never gets into the table', async () => {
    await peer.addPath({ ...PATH6, prefix: 'fd88::/64', nextHop: OTHER_NEXT_HOP });
    const arrived = { tableType: TableType.ADJ_IN, name: SWITCH, family: { afi: 2, safi: 1 } } as const;
    await eventually(async () => expect(await ours.api.list(V3.ListPath, arrived, 2000)).toHaveLength(1));
    expect((await ours.table()).map(({ from }) => from)).toEqual(['<nil>', '<nil>']);
  });

  test('a withdrawal takes both back, and the state says that the switch has been told', async () => {
    await eventually(async () => expect(await fromUs()).toHaveLength(2));
    const state = await want({ paths: [] });
    expect(state).toMatchObject({ inSync: true, prefixes: [], peers: [{ state: 'established', advertised: [] }] });
    await eventually(async () => expect(await fromUs()).toEqual([]));
  });

  test('a killed gobgpd is told of both again', { timeout: SESSION }, async () => {
    await want({ paths: [PATH, PATH6] });
    await ours.kill();
    await eventually(() => expect(speaker.state().reachable).toBe(false));
    await ours.start();
    await eventually(() => expect(speaker.state()).toMatchObject({ inSync: true, prefixes: [RANGE, RANGE6] }));
    await eventually(async () => expect(await fromUs()).toHaveLength(2), SESSION);
  });

  test('a configuration that goes back to IPv4 leaves the session alone', async () => {
    const before = events.length;
    await want({ ranges: [RANGE], peers: [PEER], paths: [PATH] });
    await eventually(async () => expect(await fromUs()).toEqual([`${RANGE} via ${OURS}`]));
    established();
    expect(events.slice(before)).not.toContain('peer-replaced');
  });
});
