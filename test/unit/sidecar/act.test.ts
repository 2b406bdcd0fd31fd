import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GrpcConnection } from '../../../src/bgp/client.ts';
import type { GobgpApi } from '../../../src/bgp/gobgp.ts';
import { gobgpV3 } from '../../../src/bgp/v3/api.ts';
import type { LocalPath } from '../../../src/bgp/gobgp.ts';
import { carryOut } from '../../../src/sidecar/act.ts';
import type { Order } from '../../../src/sidecar/deadman.ts';
import { PEER } from '../bgp/sample.ts';
import { FakeGobgpd } from '../bgp/fake-gobgpd.ts';

const [RANGE, RANGE_IPV6] = ['10.99.66.0/23', 'fd99:66::/112'];
const GLOBAL = { as: 64512, routerId: '10.22.108.100', listenPort: -1, listenAddresses: [] };
const CONFIG = {
  announcement: {
    deprioritised: { med: 1000, prepend: 2, localPref: 0, communities: ['64512:666'], largeCommunities: ['64512:6:6'] },
  },
  bgp: { localAs: 64512, peers: [{ address: '10.22.108.1', as: 64500, holdTimeSeconds: 9, port: 179 }] },
} as unknown as Parameters<typeof carryOut>[1]['config'];

let fake: FakeGobgpd;
let api: GobgpApi;
let kills: number;
let said: object[];

const line = (fields: object): void => void said.push(fields);

const order = (what: Order): Promise<void> => {
  return carryOut(what, { api, config: CONFIG, kill: () => void kills++, log: { warn: line, error: line } });
};

beforeEach(async () => {
  fake = await FakeGobgpd.start();
  api = gobgpV3(new GrpcConnection({ target: fake.target }));
  [kills, said] = [0, []];
});
afterEach(async () => {
  api.close();
  await fake[Symbol.asyncDispose]();
});

/** One path with all that a path can carry, and one with next to nothing. */
const FULL: LocalPath = {
  prefix: RANGE,
  nextHop: '10.22.108.200',
  communities: ['64512:100'],
  largeCommunities: ['64512:1:2'],
  med: 50,
  localPref: 200,
  asPath: [64512],
  linkBandwidth: { as: 64512, bytesPerSecond: 1_250_000_000 },
};
const PLAIN: LocalPath = {
  prefix: RANGE_IPV6,
  nextHop: 'fd00::1',
  communities: [],
  largeCommunities: [],
  med: undefined,
  localPref: undefined,
  asPath: [],
  linkBandwidth: undefined,
};

async function announce(): Promise<void> {
  await api.startBgp(GLOBAL);
  await api.addPath(FULL);
  await api.addPath(PLAIN);
}

describe('an order', () => {
  test('to deprioritise keeps each path with all it carries and makes it less attractive, once', async () => {
    await announce();
    await order('deprioritise');
    const expected: LocalPath[] = [
      {
        ...FULL,
        communities: ['64512:100', '65535:0', '64512:666'],
        largeCommunities: ['64512:1:2', '64512:6:6'],
        med: 1050,
        localPref: 0,
        asPath: [64512, 64512, 64512],
      },
      {
        ...PLAIN,
        communities: ['65535:0', '64512:666'],
        largeCommunities: ['64512:6:6'],
        med: 1000,
        localPref: 0,
        asPath: [64512, 64512],
      },
    ];
    expect(await api.paths()).toEqual(expected.map((path) => ({ ...path, foreign: [] })));
    await order('deprioritise');
    expect(await api.paths()).toEqual(expected.map((path) => ({ ...path, foreign: [] })));
    expect(fake.count('AddPath')).toBe(4);
    expect(said).toMatchObject([{ prefixes: [RANGE, RANGE_IPV6] }, { prefixes: [] }]);
  });

  test('to deprioritise prepends nothing where gobgpd has a peer of our own AS', async () => {
    await announce();
    await api.addPeer({ ...PEER, as: 64512 });
    await order('deprioritise');
    expect((await api.paths()).map(({ asPath }) => asPath)).toEqual([[], []]);
  });

  test('to withdraw takes each path away', async () => {
    await announce();
    await order('withdraw');
    expect(await api.paths()).toEqual([]);
    expect(said).toEqual([{ event: 'deadman-acted', order: 'withdraw', prefixes: [RANGE, RANGE_IPV6] }]);
    expect(kills).toBe(0);
  });

  test.each<Order>(['deprioritise', 'withdraw'])(
    'to %s finds nothing in a gobgpd that was not told anything',
    async (what) => {
      await order(what);
      expect(said).toEqual([{ event: 'deadman-acted', order: what, prefixes: [] }]);
      expect(kills).toBe(0);
    },
  );

  test.each<Order>(['deprioritise', 'withdraw'])('to %s kills a gobgpd that does not answer', async (what) => {
    await announce();
    fake.faults.set('GetBgp', 'hang');
    await order(what);
    expect(kills).toBe(1);
    expect(fake.count('GetBgp')).toBe(3);
    expect(said.at(-1)).toMatchObject({ event: 'deadman-failed', order: what });
  });

  test('is carried out by a gobgpd that answers only the second time', async () => {
    await announce();
    fake.faults.set('GetBgp', 'hang');
    setTimeout(() => fake.faults.clear(), 100);
    await order('deprioritise');
    expect(said).toMatchObject([
      { event: 'deadman-failed' },
      { event: 'deadman-acted', prefixes: [RANGE, RANGE_IPV6] },
    ]);
    expect(kills).toBe(0);
  });

  test('to withdraw kills a gobgpd that refuses', async () => {
    await announce();
    fake.faults.set('DeletePath', { refuse: 'no' });
    await order('withdraw');
    expect(kills).toBe(1);
  });

  test('to deprioritise leaves one that refuses: the withdrawal is still to come', async () => {
    await announce();
    fake.faults.set('AddPath', { refuse: 'no' });
    await order('deprioritise');
    expect(kills).toBe(0);
    expect(said).toMatchObject([{ event: 'deadman-failed', detail: expect.stringContaining('no') }]);
  });
});
