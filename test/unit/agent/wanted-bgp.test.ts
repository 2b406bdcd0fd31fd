import { expect, test } from 'vitest';
import { wantedBgp } from '../../../src/agent/wanted-bgp.ts';
import { starting } from '../../../src/announce/step.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import type { Reason } from '../../../src/model/condition.ts';

const { config, problems } = parseConfig(
  `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
ranges: [10.99.66.0/23, 10.99.70.0/24]
announcement: { communities: ['64512:100'], med: 50 }
bgp: { localAs: 64512, routerId: 10.22.108.100, peers: [{ address: 10.22.108.1, as: 64500 }] }
`,
  'lb-1',
);
if (config === undefined) throw new Error(JSON.stringify(problems));

const USABLE = ['10.99.66.0/23'];
const withdrawn = (reason: Reason) => ({ state: 'withdrawn', since: 0, reason, detail: '' }) as const;

test('an announced agent wants a path for each usable range, with the attributes of the configuration', () => {
  expect(wantedBgp(config, USABLE, undefined, { state: 'announced', since: 0 })).toMatchObject({
    localAs: 64512,
    routerId: '10.22.108.100',
    listenAddresses: ['10.22.108.100'],
    listenPort: 179,
    peers: [{ address: '10.22.108.1', as: 64500 }],
    ranges: USABLE,
    paths: [{ prefix: '10.99.66.0/23', communities: ['64512:100'], med: 50 }],
  });
});

test('an IPv6 range is announced with the next hop of this node, and not at all without one', () => {
  const usable = [...USABLE, 'fd99:66::/112'];
  const [ipv4, ipv6] = usable.map((prefix) => ({ prefix, communities: ['64512:100'], med: 50 }));
  const announced = (nextHop?: string) => wantedBgp(config, usable, nextHop, { state: 'announced', since: 0 });
  expect(announced('fd00:22:108::100').paths).toEqual([ipv4, { ...ipv6, nextHop: 'fd00:22:108::100' }]);
  expect(announced()).toMatchObject({ paths: [ipv4], ranges: usable });
});

test('a starting agent leaves the paths as it finds them', () => {
  expect(wantedBgp(config, USABLE, undefined, starting(0).announcement).paths).toBeUndefined();
});

test('a deprioritised agent says it by every means there is', () => {
  const state = { ...withdrawn('probe-failed'), state: 'deprioritised' } as const;
  expect(wantedBgp(config, USABLE, undefined, state).paths).toStrictEqual([
    { prefix: '10.99.66.0/23', communities: ['64512:100', '65535:0'], med: 1050, prepend: 3 },
  ]);
});

test.each(['probe-failed', 'held-down', 'stopping'] as const)(
  'an agent that withdrew for %s wants no path',
  (reason) => {
    expect(wantedBgp(config, USABLE, undefined, withdrawn(reason))).toMatchObject({ paths: [], ranges: USABLE });
  },
);
