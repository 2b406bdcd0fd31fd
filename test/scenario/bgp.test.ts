import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createSpeaker } from '../../src/bgp/gobgp-speaker.ts';
import { GobgpApi as V3 } from '../../src/bgp/gen/gobgp-v3.ts';
import type { BgpState, Speaker, WantedBgp } from '../../src/bgp/speaker.ts';
import { deprioritised, type Path } from '../../src/model/path.ts';
import { LESS, PEER, WANTED } from '../unit/bgp/sample.ts';
import { Network } from './gobgpd-network.ts';
import { becomeSwitch, Gobgpd, type Update } from './gobgpd.ts';
import { keepLooking } from './keep-looking.ts';

const RANGE = '10.99.66.0/23';
const PATH: Path = { prefix: RANGE, communities: ['64512:100', '65535:0'], med: 50 };
const [OURS, SWITCH] = ['10.22.108.100', '10.22.108.1'];
/** gobgpd 3.10 takes 5 to 10 s to open a session. */
const SESSION = 25_000;
const SOON = 3000;

const eventually = <T>(check: () => T | Promise<T>, timeout = SOON): Promise<T> =>
  vi.waitFor(check, { timeout, interval: 20 });

/** Every event the speaker has logged at info or warn, oldest first. */
function openSpeaker(target: string): { speaker: Speaker; events: string[]; states: BgpState[] } {
  const events: string[] = [];
  const states: BgpState[] = [];
  const line = (fields: object) => void events.push((fields as { event: string }).event);
  const log = { debug: () => undefined, info: line, warn: line };
  return { speaker: createSpeaker({ target, log, onChange: (state) => states.push(state) }), events, states };
}

describe('a gobgpd with a session to a switch', () => {
  let network: Network;
  let ours: Gobgpd;
  let peer: Gobgpd;
  let wanted: WantedBgp;
  let open: ReturnType<typeof openSpeaker>;
  const fromUs = async () => (await peer.table()).filter(({ from }) => from === OURS).map(({ prefix }) => prefix);
  const session = () => open.speaker.state().peers.find(({ address }) => address === SWITCH);
  const wantAnd = async (part: Partial<WantedBgp>): Promise<BgpState> => {
    open.speaker.set({ ...wanted, ...part });
    return open.speaker.reconcile();
  };

  beforeAll(async () => {
    network = await Network.create(OURS, [SWITCH]);
    [ours, peer] = await Promise.all([Gobgpd.start(network), Gobgpd.start(network)]);
    wanted = {
      ...WANTED,
      paths: [PATH],
    };
    await becomeSwitch(peer, SWITCH, 64500, { ...PEER, address: OURS, as: 64512 });
    await peer.addPath({ prefix: '0.0.0.0/0', communities: [], med: undefined });
    open = openSpeaker(ours.target);
  });

  afterAll(async () => {
    await open?.speaker.close();
    await Promise.all([ours?.[Symbol.asyncDispose](), peer?.[Symbol.asyncDispose]()]);
    await network?.[Symbol.asyncDispose]();
  });

  test('starts from nothing in the order that lets nothing else out', async () => {
    const state = await wantAnd({});
    expect(state).toMatchObject({ reachable: true, problem: undefined, inSync: true, prefixes: [RANGE] });
    expect(open.events.filter((event) => /^(bgp|policies|path|peer)-/.test(event))).toEqual([
      'bgp-started',
      'policies-set',
      'path-announced',
      'peer-added',
    ]);
  });

  test('establishes the session, and the path arrives with its communities and MED', { timeout: SESSION }, async () => {
    await eventually(() => expect(session()?.state).toBe('established'), SESSION);
    await eventually(async () =>
      expect(await peer.table()).toContainEqual({
        prefix: RANGE,
        from: OURS,
        nextHop: OURS,
        asPath: [64512],
        communities: [64512 * 65536 + 100, 0xff_ff_00_00],
        med: 50,
      }),
    );
    await eventually(() => expect(session()?.advertised).toEqual([RANGE]));
  });

  test('what the switch announces never gets into the table', async () => {
    await peer.addPath({ prefix: '192.0.2.0/24', communities: [], med: undefined });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await ours.table()).filter(({ from }) => from === SWITCH)).toEqual([]);
  });

  test('a stray path of its own is taken away again and never reaches the switch', async () => {
    const seen = keepLooking(fromUs, 10);
    await ours.addPath({ prefix: '192.168.9.0/24', communities: [], med: undefined });
    await eventually(async () => expect((await ours.table()).map(({ prefix }) => prefix)).toEqual([RANGE]));
    await eventually(() => expect(open.events.at(-1)).toBe('path-withdrawn'));
    expect(new Set((await seen()).flat())).toEqual(new Set([RANGE]));
  });

  test('a second look at an equal gobgpd changes nothing', async () => {
    const before = open.events.length;
    expect(await wantAnd({})).toMatchObject({ inSync: true });
    expect(open.events.slice(before)).toEqual([]);
  });

  test('changed attributes replace the path without a withdrawal', async () => {
    await wantAnd({ paths: [{ ...PATH, med: 70 }] });
    await eventually(async () => expect((await peer.table()).find(({ from }) => from === OURS)?.med).toBe(70));
    expect(session()?.state).toBe('established');
  });

  test('deprioritised and back is one UPDATE each way, with GRACEFUL_SHUTDOWN, MED and AS path together', async () => {
    const full: Path = { prefix: RANGE, communities: ['64512:100'], med: 70 };
    await wantAnd({ paths: [full] });
    const updates: Update[] = [];
    peer.watchUpdates((update) => void (update.from === OURS && updates.push(update)));
    const as = 64512;
    const announced = {
      withdrawn: false,
      from: OURS,
      nextHop: OURS,
      asPath: [as],
      communities: [as * 65536 + 100],
      med: 70,
    };
    await eventually(() => expect(updates).toEqual([announced]));
    const state = await wantAnd({ paths: [deprioritised(full, LESS)] });
    expect(state).toMatchObject({ inSync: true, problem: undefined, prefixes: [RANGE] });
    const lesser = {
      ...announced,
      asPath: [as, as, as, as],
      communities: [as * 65536 + 100, 0xff_ff_00_00],
      med: 1070,
    };
    await eventually(() => expect(updates).toEqual([announced, lesser]));
    await wantAnd({ paths: [full] });
    await eventually(() => expect(updates).toEqual([announced, lesser, announced]));
    expect(session()?.state).toBe('established');
  });

  test('a withdrawn path is gone from the switch, and the state says that it has been told', async () => {
    const state = await wantAnd({ paths: [] });
    expect(state).toMatchObject({ inSync: true, prefixes: [] });
    expect(state.peers).toMatchObject([{ state: 'established', advertised: [] }]);
    await eventually(async () => expect(await fromUs()).toEqual([]));
    await wantAnd({});
    await eventually(async () => expect(await fromUs()).toEqual([RANGE]));
  });

  test('a path that loses its range is withdrawn from the switch', async () => {
    const other = '10.99.68.0/23';
    await wantAnd({ ranges: [RANGE, other], paths: [PATH, { ...PATH, prefix: other }] });
    await eventually(async () => expect((await fromUs()).toSorted()).toEqual([RANGE, other]));
    await wantAnd({});
    await eventually(async () => expect(await fromUs()).toEqual([RANGE]));
    expect(session()?.state).toBe('established');
  });

  test('policies that somebody opened are put right, and what came in through them goes', async () => {
    const before = open.events.length;
    for (const direction of [1, 2] as const) {
      const assignment = { name: 'global', direction, policies: [], defaultAction: 1 as const };
      await ours.api.call(V3.SetPolicyAssignment, { assignment }, 2000);
    }
    await peer.addPath({ prefix: '198.51.100.0/24', communities: [], med: undefined });
    // The path may be gone again before a look at the table could see it: what is put right is what tells.
    await eventually(() => expect(open.events.slice(before)).toContain('peers-refreshed'));
    await eventually(() => expect(open.speaker.state()).toMatchObject({ inSync: true }));
    await eventually(async () => expect((await ours.table()).map(({ from }) => from)).toEqual(['<nil>']));
  });

  test('a new agent takes over what the last one left, and the switch notices nothing', async () => {
    await open.speaker.close();
    await ours.addPath({ prefix: '192.168.9.0/24', communities: [], med: undefined });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await fromUs()).toEqual([RANGE]);
    open = openSpeaker(ours.target);
    expect(await wantAnd({})).toMatchObject({ inSync: true, prefixes: [RANGE] });
    expect(open.events).toEqual(['gobgpd-reached', 'session-established', 'path-withdrawn']);
  });

  test('a killed gobgpd is noticed at once and told everything again within a second', async () => {
    const killed = performance.now();
    await ours.kill();
    await eventually(() => expect(open.speaker.state()).toMatchObject({ reachable: false, silent: false }));
    const noticed = performance.now();
    await eventually(async () => expect(await fromUs()).toEqual([]));
    await ours.start();
    const back = performance.now();
    await eventually(() => expect(open.speaker.state()).toMatchObject({ inSync: true, prefixes: [RANGE] }));
    console.info(
      `noticed after ${ms(noticed - killed)}, replayed ${ms(performance.now() - back)} after the first answer`,
    );
    expect(performance.now() - back).toBeLessThan(1500);
  });

  test('the switch has the path again after the restart', { timeout: SESSION }, async () => {
    const start = performance.now();
    await eventually(async () => expect(await fromUs()).toEqual([RANGE]), SESSION);
    console.info(`back at the switch after ${ms(performance.now() - start)}`);
  });

  test(
    'a stopped gobgpd is silent within a second, and is read afresh when it goes on',
    { timeout: 15_000 },
    async () => {
      ours.stop();
      const stopped = performance.now();
      try {
        await eventually(() => expect(open.speaker.state()).toMatchObject({ reachable: false, silent: true }), 5000);
        console.info(`stopped, noticed after ${ms(performance.now() - stopped)}`);
        open.speaker.set({ ...wanted, paths: [] });
        expect(await open.speaker.reconcile()).toMatchObject({ silent: true, inSync: false, prefixes: [RANGE] });
        expect(open.speaker.state().withdrawingSince).toBeDefined();
      } finally {
        ours.resume();
      }
      const resumed = performance.now();
      await eventually(() => expect(open.speaker.state()).toMatchObject({ inSync: true, prefixes: [] }));
      expect(open.speaker.state()).toMatchObject({ silent: false, withdrawingSince: undefined });
      console.info(`resumed, in sync after ${ms(performance.now() - resumed)}`);
      await eventually(async () => expect(await fromUs()).toEqual([]));
    },
  );

  test('a peer with another hold time is deleted and added', async () => {
    const peers = wanted.peers.map((one) => ({ ...one, holdTimeSeconds: 30, keepaliveSeconds: 10 }));
    expect(await wantAnd({ peers })).toMatchObject({ inSync: true });
    expect(open.events).toContain('peer-replaced');
  });

  test('a peer that is no longer wanted is deleted', async () => {
    expect(await wantAnd({ peers: [] })).toMatchObject({ inSync: true, peers: [] });
  });

  test('a gobgpd of another AS is left as it is', async () => {
    const state = await wantAnd({ localAs: 64513, paths: [] });
    expect(state.inSync).toBe(false);
    expect(state.problem).toBe(
      'gobgpd already runs with AS 64512 and router id 10.22.108.100, wanted AS 64513 and router id 10.22.108.100: restart it to change that',
    );
    expect((await ours.api.call(V3.GetBgp, {}, 1000)).global?.asn).toBe(64512);
  });
});

test('a socket that nobody listens on is a state, not an error', async () => {
  const { speaker } = openSpeaker('unix:///nonexistent/gobgp.sock');
  const state = await speaker.reconcile();
  expect(state).toMatchObject({ reachable: false, inSync: false, prefixes: [], peers: [] });
  expect(state.problem).toMatch(/^GetBgp: expected OK of gobgpd, got UNAVAILABLE/);
  await speaker.close();
});

const ms = (duration: number): string => `${Math.round(duration)} ms`;
