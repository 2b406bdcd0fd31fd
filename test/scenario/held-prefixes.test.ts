import { afterAll, beforeAll, expect, test } from 'vitest';
import { GobgpApi as V3 } from '../../src/bgp/gen/gobgp-v3.ts';
import { heldPrefixes } from '../../src/bgp/held-prefixes.ts';
import { Network } from './gobgpd-network.ts';
import { Gobgpd } from './gobgpd.ts';

const NODE = '10.22.108.100';
const RANGE = '10.99.66.0/23';

let network: Network;
let gobgpd: Gobgpd;

beforeAll(async () => {
  network = await Network.create(NODE, []);
  gobgpd = await Gobgpd.start(network);
});
afterAll(async () => {
  await gobgpd?.[Symbol.asyncDispose]();
  await network?.[Symbol.asyncDispose]();
});

test('a gobgpd holds no prefix before it has been started, then those it was given, and none once it is gone', async () => {
  expect(await heldPrefixes(gobgpd)).toStrictEqual([]);
  const global = { asn: 64512, routerId: NODE, listenPort: -1, listenAddresses: [NODE] };
  await gobgpd.api.call(V3.StartBgp, { global }, 2000);
  expect(await heldPrefixes(gobgpd)).toStrictEqual([]);
  await gobgpd.addPath({ prefix: RANGE, communities: [], med: undefined });
  expect(await heldPrefixes(gobgpd)).toStrictEqual([RANGE]);
  await gobgpd.kill();
  expect(await heldPrefixes(gobgpd)).toStrictEqual([]);
});
