import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, NODE, RANGE, Rig, WEB } from './agent-rig.ts';
import { Network } from './gobgpd-network.ts';
import { Gobgpd } from './gobgpd.ts';

const RANGE6 = 'fd99:66::/112';
const NEXT_HOP = 'fd00:22:108::100';

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

const paths = async (): Promise<string[]> =>
  (await gobgpd.table()).map(({ nextHop, prefix }) => `${prefix} via ${nextHop}`);
const holds = (expected: readonly string[]): Promise<void> =>
  eventually(async () => expect(await paths()).toStrictEqual(expected));

test('an IPv6 range is announced while this node has a next hop for it, and IPv4 whatever becomes of that', async () => {
  const ipv4 = `${RANGE} via 0.0.0.0`;
  await using rig = await Rig.start({
    target: gobgpd.target,
    files: { 'web.yaml': WEB },
    ranges: [RANGE, `"${RANGE6}"`],
  });
  await rig.reaches('announced');
  await holds([ipv4]);
  expect(rig.conditions).toContain('next-hop-missing');
  expect(await rig.metrics()).toContain(`fairlead_announced{prefix="${RANGE6}"} 0`);

  rig.nextHopIPv6 = NEXT_HOP;
  await holds([ipv4, `${RANGE6} via ${NEXT_HOP}`]);
  await eventually(() => expect(rig.conditions).not.toContain('next-hop-missing'));
  expect(await rig.metrics()).toContain(`fairlead_announced{prefix="${RANGE6}"} 1`);

  rig.nextHopIPv6 = 'fd00:22:108::200';
  await holds([ipv4, `${RANGE6} via fd00:22:108::200`]);

  rig.nextHopIPv6 = undefined;
  await holds([ipv4]);
  expect(rig.decisions).toStrictEqual(['announced']);
});

test('a path that is broken for one family withdraws the ranges of both, and says which', async () => {
  await using rig = await Rig.start({
    target: gobgpd.target,
    files: { 'web.yaml': WEB },
    ranges: [RANGE, `"${RANGE6}"`],
  });
  rig.nextHopIPv6 = NEXT_HOP;
  await rig.reaches('announced');
  rig.probe.losesPackets = 'ipv6';
  await rig.reaches('probe-failed');
  await holds([]);
  const probe = rig.status.checks.find(({ name }) => name === 'probe');
  expect(probe?.detail).toBe('IPv4: 10.99.66.10:80 connected; IPv6: [fd99:66::]:9 timed-out (canary)');
  expect(rig.status.canaries).toStrictEqual(['tcp/10.99.66.0:9', 'tcp/[fd99:66::]:9']);
});
