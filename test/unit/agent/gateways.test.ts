import { describe, expect, test } from 'vitest';
import { type Gateways, gatewaysStep } from '../../../src/agent/gateways.ts';
import type { PeerPlace } from '../../../src/config/config.ts';
import type { DefaultRoute } from '../../../src/dataplane/netlink/default-routes.ts';
import type { Family } from '../../../src/model/address.ts';

const place = (family: Family, name?: string): PeerPlace => ({ kind: 'gateway', family, interface: name });
/** `eth0 10.22.108.1`, or `eth0` for a hop without a gateway. */
const route = (metric: number, ...hops: string[]): DefaultRoute => ({
  family: hops[0]?.includes(':') === true ? 'ipv6' : 'ipv4',
  metric,
  hops: hops.map((hop) => ({ interface: hop.split(' ')[0] ?? '', gateway: hop.split(' ')[1] })),
});
const step = (places: PeerPlace[], routes: DefaultRoute[], before: Gateways = new Map()): Record<string, unknown> =>
  Object.fromEntries(gatewaysStep(before, places, routes));

describe('the gateways of a place are', () => {
  const TWO = [route(200, 'eth1 10.22.109.1'), route(100, 'eth0 10.22.108.1')];
  test.each<[string, PeerPlace, DefaultRoute[], string[]]>([
    ['that of the only route', place('ipv4'), [route(0, 'eth0 10.22.108.1')], ['10.22.108.1']],
    ['that of the route with the lowest metric', place('ipv4'), TWO, ['10.22.108.1']],
    ['that of its interface, whatever the metric', place('ipv4', 'eth1'), TWO, ['10.22.109.1']],
    [
      'all next hops of the best route, in order',
      place('ipv4'),
      [route(0, 'eth1 10.22.109.1', 'eth0 10.22.108.1'), route(9, 'eth0 10.22.108.9')],
      ['10.22.108.1', '10.22.109.1'],
    ],
    [
      'those next hops alone that are on its interface',
      place('ipv4', 'eth0'),
      [route(0, 'eth1 10.22.109.1', 'eth0 10.22.108.1')],
      ['10.22.108.1'],
    ],
    [
      'those of all routes with the same metric, each once, as routers of IPv6 advertise them',
      place('ipv6'),
      [route(1024, 'eth0 fd22::2'), route(1024, 'eth0 fd22::1'), route(1024, 'eth1 fd22::1')],
      ['fd22::1', 'fd22::2'],
    ],
    ['none of the other family', place('ipv6'), TWO, []],
    [
      'none of a route without a gateway, which hides no other',
      place('ipv4'),
      [route(0, 'ppp0'), route(9, 'eth0 10.22.108.1')],
      ['10.22.108.1'],
    ],
    ['none without a route', place('ipv4'), [], []],
  ])('%s', (_, where, routes, expected) => {
    expect(Object.values(step([where], routes))).toStrictEqual([expected]);
  });
});

test('a gateway stays until another one appears, each place by itself', () => {
  const places = [place('ipv4'), place('ipv4', 'eth0'), place('ipv6')];
  const before = new Map([
    ['gateway/ipv4', ['10.22.108.1']],
    ['gateway/ipv4/eth0', ['10.22.108.1']],
  ]);
  expect(step(places, [], before)).toStrictEqual({ ...Object.fromEntries(before), 'gateway/ipv6': [] });
  expect(step(places, [route(0, 'eth1 10.22.109.1')], before)).toStrictEqual({
    'gateway/ipv4': ['10.22.109.1'],
    'gateway/ipv4/eth0': ['10.22.108.1'],
    'gateway/ipv6': [],
  });
});

test('a place that is no longer configured is forgotten, and an address is none', () => {
  const before = new Map([['gateway/ipv6', ['fd22::1']]]);
  expect(step([{ kind: 'address', address: '10.22.108.1' }], [], before)).toStrictEqual({});
});
