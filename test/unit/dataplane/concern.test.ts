import { describe, expect, test } from 'vitest';
import { concernsDataplane, concernsGateways, concernsUplinks, type Holdings } from '../../../src/dataplane/concern.ts';
import type { Notice } from '../../../src/dataplane/netlink/notices.ts';

const OURS: Holdings = { prefixes: ['10.99.66.0/23', 'fd99:66::/112'], links: new Set(['lo', 'fairlead-probe']) };
const route = (prefix: string, protocol: number, gone: boolean): Notice => ({ kind: 'route', gone, protocol, prefix });
const address = (text: string, gone: boolean): Notice => ({ kind: 'address', gone, address: text });
const link = (name: string): Notice => ({ kind: 'link', gone: false, name });

test.each<[what: string, notice: Notice, concerns: boolean]>([
  ['our route, deleted', route('10.99.66.0/23', 66, true), true],
  ['our route, made by ourselves', route('10.99.66.0/23', 66, false), false],
  ["somebody else's route in the place of ours", route('10.99.66.0/23', 3, false), true],
  ["somebody else's route inside of the range", route('10.99.67.0/24', 3, false), true],
  ["somebody else's IPv6 route inside of the range", route('fd99:66::1/128', 3, false), true],
  ['a wider route that a router learned', route('10.0.0.0/8', 186, false), false],
  ['a route of a pod', route('10.1.0.101/32', 3, true), false],
  ['the loopback interface', link('lo'), true],
  ['the interface of the probe', link('fairlead-probe'), true],
  ['the interface of a pod', link('veth0815'), false],
  ['an address of the node, gone', address('10.22.108.100', true), true],
  ['an address of the node, new', address('10.22.108.101', false), false],
  ['an address inside of the range, new', address('10.99.66.1', false), true],
  ['the link-local address of an interface of a pod, gone', address('fe80::1', true), false],
  ['forwarding', { kind: 'forwarding' }, true],
  ['our table', { kind: 'nftables', table: 'fairlead-snat' }, true],
  ["kube-proxy's table", { kind: 'nftables', table: 'kube-proxy' }, false],
  ['a default route', { kind: 'gateway' }, false],
  ['whatever was lost', { kind: 'lost' }, true],
])('%s', (_, notice, concerns) => {
  expect(concernsDataplane(notice, OURS)).toBe(concerns);
});

describe('the interface of a peer', () => {
  test.each<[what: string, notice: Notice, concerns: boolean]>([
    ['itself', link('eth0'), true],
    ['another one', link('eth1'), false],
    ['whatever was lost', { kind: 'lost' }, true],
    ['a route', route('10.99.66.0/23', 66, true), false],
  ])('%s', (_, notice, concerns) => {
    expect(concernsUplinks(notice, new Set(['eth0']))).toBe(concerns);
  });
});

describe('default routes may lead somewhere else after a change of', () => {
  test.each<[what: string, notice: Notice, concerns: boolean]>([
    ['a default route', { kind: 'gateway' }, true],
    ['an interface that a peer is reached by, which takes its routes along', link('eth0'), true],
    ['whatever was lost', { kind: 'lost' }, true],
    ['another interface', link('veth0815'), false],
    ['another route', route('10.22.0.0/16', 3, false), false],
  ])('%s', (_, notice, concerns) => {
    expect(concernsGateways(notice, new Set(['eth0']))).toBe(concerns);
  });
});
