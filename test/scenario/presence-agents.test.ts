import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Presence } from '../../src/cluster/presence.ts';
import type { AnnouncementState } from '../../src/model/status.ts';
import { PEER } from '../unit/bgp/sample.ts';
import { eventually, NODE, pause, RANGE, Rig, WEB } from './agent-rig.ts';
import { becomeSwitch, Gobgpd } from './gobgpd.ts';
import { Network } from './gobgpd-network.ts';
import { announcing, Fleet } from './presence-rig.ts';

const SWITCH = '10.22.108.1';
/** gobgpd 3.10 takes 5 to 10 s to open a session. */
const SESSION = 25_000;

/** What one lb node has that outlives its agent: a gobgpd, and a switch of its own in a network of their own. */
class Place implements AsyncDisposable {
  readonly #network: Network;
  readonly gobgpd: Gobgpd;
  tor: Gobgpd;

  static async create(): Promise<Place> {
    const network = await Network.create(NODE, [SWITCH]);
    const place = new Place(network, await Gobgpd.start(network), await Gobgpd.start(network));
    await place.#peer();
    return place;
  }

  private constructor(network: Network, gobgpd: Gobgpd, tor: Gobgpd) {
    this.#network = network;
    this.gobgpd = gobgpd;
    this.tor = tor;
  }

  /** The MED of what the switch has of the range from this node; undefined where it has nothing. */
  async heard(): Promise<number | 'no MED' | undefined> {
    const path = (await this.tor.table()).find(({ prefix }) => prefix === RANGE);
    return path && (path.med ?? 'no MED');
  }

  async breakSwitch(): Promise<void> {
    await this.tor.kill();
  }

  async repairSwitch(): Promise<void> {
    await this.tor[Symbol.asyncDispose]();
    this.tor = await Gobgpd.start(this.#network);
    await this.#peer();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.gobgpd, this.tor].map((one) => one[Symbol.asyncDispose]()));
    await this.#network[Symbol.asyncDispose]();
  }

  #peer(): Promise<void> {
    const session = { ...PEER, address: NODE, as: 64512 };
    return becomeSwitch(this.tor, SWITCH, 64500, session);
  }
}

let places: Place[];
let fleet: Fleet;
let rigs: Rig[];
let presences: Presence[];

beforeAll(async () => {
  places = await Promise.all([Place.create(), Place.create(), Place.create()]);
});
afterAll(() => Promise.all((places ?? []).map((place) => place[Symbol.asyncDispose]())));

/** Three lb nodes that announce in full, and of which each knows that the others do. */
beforeEach(async () => {
  fleet = await Fleet.open();
  presences = places.map((_, index) => fleet.presenceOf(`lb-${index + 1}`));
  const starting = places.map(({ gobgpd }, index) => {
    const presence = presences[index] as Presence;
    const asked = { minimumAnnouncers: 1, maxDraining: 1 };
    return Rig.start({
      target: gobgpd.target,
      files: { 'web.yaml': WEB },
      ...asked,
      node: `lb-${index + 1}`,
      presence,
    });
  });
  rigs = await Promise.all(starting);
  await eventually(() => {
    for (const presence of presences) expect(announcing(presence.census())).toHaveLength(2);
  }, SESSION);
  return async () => {
    await Promise.all(rigs.map((rig) => rig[Symbol.asyncDispose]()));
    await fleet[Symbol.asyncDispose]();
  };
});

const states = (): AnnouncementState[] => rigs.map(({ status }) => status.announcement.state);
const reach = (...expected: AnnouncementState[]): Promise<void> =>
  eventually(() => expect(states()).toStrictEqual(expected));
const heard = () => Promise.all(places.map((place) => place.heard()));
/** How often one of them withdrew since its start. */
const withdrawals = (): number =>
  rigs.flatMap(({ lines }) => lines).filter(({ event }) => event === 'withdrawn').length;

test('all fail at once: all are deprioritised, none withdraws, and the switch goes on with all of them', async () => {
  for (const { probe } of rigs) probe.losesPackets = true;
  await reach('deprioritised', 'deprioritised', 'deprioritised');
  await eventually(() => {
    for (const rig of rigs) expect(rig.conditions).toContain('last-announcer');
  });
  await eventually(async () => expect(await heard()).toStrictEqual([1000, 1000, 1000]));
  // Long enough for each to have read the others several times more.
  await pause(1000);
  expect(withdrawals()).toBe(0);
  for (const { probe } of rigs) probe.losesPackets = false;
  await reach('announced', 'announced', 'announced');
});

test('one alone fails: it withdraws, and the others go on', async () => {
  (rigs[0] as Rig).probe.losesPackets = true;
  await reach('withdrawn', 'announced', 'announced');
  await eventually(async () => expect(await heard()).toStrictEqual([undefined, 'no MED', 'no MED']));
});

test('two of three fail at once: no more than they withdraw', async () => {
  for (const { probe } of rigs.slice(0, 2)) probe.losesPackets = true;
  await reach('withdrawn', 'withdrawn', 'announced');
});

test('one fails while the API server is gone: it is deprioritised, and withdraws once the others are known', async () => {
  await fleet.server.down();
  (rigs[0] as Rig).probe.losesPackets = true;
  await reach('deprioritised', 'announced', 'announced');
  await eventually(() =>
    expect(rigs[0]?.conditions).toEqual(expect.arrayContaining(['census-unknown', 'last-announcer'])),
  );
  await pause(1000);
  expect(withdrawals()).toBe(0);
  await fleet.server.up();
  await reach('withdrawn', 'announced', 'announced');
});

test('one fails while no switch hears the others: it stays, for they announce to nobody', async () => {
  await Promise.all(places.slice(1).map((place) => place.breakSwitch()));
  await eventually(() => expect(announcing((presences[0] as Presence).census())).toStrictEqual([]), SESSION);
  (rigs[0] as Rig).probe.losesPackets = true;
  await reach('deprioritised', 'announced', 'announced');
  await pause(1000);
  expect(withdrawals()).toBe(0);
  await Promise.all(places.slice(1).map((place) => place.repairSwitch()));
  await eventually(() => expect(states()).toStrictEqual(['withdrawn', 'announced', 'announced']), SESSION);
});

test('one that stops is gone for the others at once, and they know of each other still', async () => {
  await rigs[2]?.stop();
  await eventually(() => expect(announcing((presences[0] as Presence).census())).toStrictEqual(['lb-2']));
  for (const { probe } of rigs.slice(0, 2)) probe.losesPackets = true;
  await eventually(() => expect(states().slice(0, 2)).toStrictEqual(['deprioritised', 'deprioritised']));
  await pause(1000);
  expect(withdrawals()).toBe(1);
});

test('all are ordered to drain at the same moment: they go one by one, and none before the last one is back', async () => {
  for (const rig of rigs) rig.agent.orderDrain(undefined, false);
  const gone: string[] = [];
  for (let left = rigs.length; left > 0; left--) {
    const now = await eventually(() => {
      const away = rigs.filter(({ status }) => status.announcement.state === 'withdrawn');
      expect(away).toHaveLength(1);
      return away[0] as Rig;
    }, SESSION);
    for (const rig of rigs.filter((one) => one !== now && one.status.drain)) {
      expect(rig.status).toMatchObject({ announcement: { state: 'announced' }, drain: { stage: 'waiting' } });
      await eventually(() => expect(rig.status.drain?.waiting).toContain(`${now.status.node} drains`));
    }
    gone.push(now.status.node);
    now.agent.callOffDrain();
  }
  expect(gone.toSorted()).toStrictEqual(['lb-1', 'lb-2', 'lb-3']);
  await reach('announced', 'announced', 'announced');
});
