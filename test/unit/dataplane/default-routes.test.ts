import { describe, expect, test } from 'vitest';
import { decodeDefaultRoute, isDefaultRoute } from '../../../src/dataplane/netlink/default-routes.ts';
import { decodeRtnetlink } from '../../../src/dataplane/netlink/notices.ts';

/** What a kernel 6.18 says of some routes, by what `ip route show` makes of it. */
const ROUTES = {
  'default via 10.22.108.1 dev d0': '02000000fe0300010000000008000f00fe000000080005000a166c010800040003000000',
  'default metric 50 nexthop via 10.22.108.2 dev d0 nexthop via 10.22.108.3 dev d0':
    '02000000fe0300010000000008000f00fe0000000800060032000000' +
    '240009001000000003000000080005000a166c021000000003000000080005000a166c03',
  'default dev d0 scope link metric 60': '02000000fe03fd010000000008000f00fe000000080006003c0000000800040003000000',
  'default via fd22::1 dev d0 metric 1024':
    '0a000000fe0300010000000008000f00fe00000008000600000400001400 0500fd2200000000000000000000000000010800040003000000',
  'default tos 0x08 via 10.22.108.4 dev d0': '02000008fe0300010000000008000f00fe000000080005000a166c04',
  'default from fd22::/64 via fd22::7 dev d0': '0a004000fe0300010000000008000f00fe000000',
  '10.22.108.0/24 dev d0': '02180000fe02fd010000000008000f00fe000000',
  'default via 10.22.108.9 dev d0 table 100': '0200000064030001000000000800 0f0064000000',
  'unreachable default': '02000000fe0300070000000008000f00fe000000',
};
const bytesOf = (route: keyof typeof ROUTES): Buffer => Buffer.from(ROUTES[route].replaceAll(' ', ''), 'hex');
const decode = (bytes: Buffer) => decodeDefaultRoute(bytes, (link) => (link === 3 ? 'd0' : ''));
const hop = (gateway?: string) => ({ interface: 'd0', gateway });

describe('a default route is', () => {
  test.each<[keyof typeof ROUTES, object]>([
    ['default via 10.22.108.1 dev d0', { family: 'ipv4', metric: 0, hops: [hop('10.22.108.1')] }],
    [
      'default metric 50 nexthop via 10.22.108.2 dev d0 nexthop via 10.22.108.3 dev d0',
      { family: 'ipv4', metric: 50, hops: [hop('10.22.108.2'), hop('10.22.108.3')] },
    ],
    ['default dev d0 scope link metric 60', { family: 'ipv4', metric: 60, hops: [hop()] }],
    ['default via fd22::1 dev d0 metric 1024', { family: 'ipv6', metric: 1024, hops: [hop('fd22::1')] }],
  ])('%s', (route, expected) => {
    expect(isDefaultRoute(bytesOf(route))).toBe(true);
    expect(decode(bytesOf(route))).toStrictEqual(expected);
  });

  test.each<keyof typeof ROUTES>([
    'default tos 0x08 via 10.22.108.4 dev d0',
    'default from fd22::/64 via fd22::7 dev d0',
    '10.22.108.0/24 dev d0',
    'default via 10.22.108.9 dev d0 table 100',
    'unreachable default',
  ])('not %s', (route) => {
    expect(isDefaultRoute(bytesOf(route))).toBe(false);
  });

  test('whatever is left of one that is cut off', () => {
    const bytes = bytesOf('default metric 50 nexthop via 10.22.108.2 dev d0 nexthop via 10.22.108.3 dev d0');
    for (let length = 0; length <= bytes.length; length++) {
      expect(decode(bytes.subarray(0, length)).hops.length).toBeLessThanOrEqual(2);
    }
  });
});

const noticeOf = (type: number, route: keyof typeof ROUTES) =>
  decodeRtnetlink({ type, flags: 0, sequence: 0, payload: bytesOf(route) });

describe('of a default route the kernel tells', () => {
  test.each([
    ['a new one', 24],
    ['one that is gone', 25],
  ])('%s', (_, type) => {
    expect(noticeOf(type, 'default via 10.22.108.1 dev d0')).toStrictEqual({ kind: 'gateway' });
  });

  test('nothing where it is of another table', () => {
    expect(noticeOf(24, 'default via 10.22.108.9 dev d0 table 100')).toBeUndefined();
  });
});
