import { describe, expect, test } from 'vitest';
import { announceable, findNextHop, type Sessions } from '../../../src/agent/next-hop.ts';
import type { NodeAddress } from '../../../src/agent/ranges.ts';

const RANGES = ['10.99.66.0/23', 'fd99:66::/112'];
const SESSIONS: Sessions = {
  routerId: '10.22.108.100',
  peers: [{ address: '192.0.2.1' }, { address: '10.22.110.1' }],
};
/** `interface cidr`, as the kernel lists them. */
const node = (...lines: string[]): NodeAddress[] =>
  lines.map((line) => ({ interface: line.split(' ')[0] ?? '', cidr: line.split(' ')[1] ?? '' }));
const LOOPBACK = ['lo 127.0.0.1/8', 'lo ::1/128'];
const ETH0 = ['eth0 10.22.108.100/24', 'eth0 fd00:22:108::100/64', 'eth0 fe80::1/64'];

describe('the next hop of IPv6 paths is', () => {
  test.each<[string, string[], string | undefined]>([
    ['the global address beside the router id', [...LOOPBACK, ...ETH0], 'fd00:22:108::100'],
    [
      'rather the one on the way to a peer',
      [...LOOPBACK, ...ETH0, 'eth1 10.22.110.100/24', 'eth1 fd00:22:110::100/64'],
      'fd00:22:110::100',
    ],
    [
      'the first of several',
      ['eth0 10.22.108.100/24', 'eth0 fd00:22:108::1:1/128', 'eth0 fd00:22:108::100/64'],
      'fd00:22:108::1:1',
    ],
    ['none that is link-local', [...LOOPBACK, 'eth0 10.22.108.100/24', 'eth0 fe80::1/64'], undefined],
    ['none of another interface', [...LOOPBACK, 'eth0 10.22.108.100/24', 'eth1 fd00:22:108::100/64'], undefined],
    ['none of a range, which every lb node has', ['eth0 10.22.108.100/24', 'eth0 fd99:66::1/128'], undefined],
    ['none where the node has not its router id', ['eth0 10.22.109.7/24', 'eth0 fd00:22:108::100/64'], undefined],
  ])('%s', (_, lines, expected) => {
    expect(findNextHop(SESSIONS, RANGES, node(...lines))).toBe(expected);
  });

  const towards = (...peers: Sessions['peers']) => findNextHop({ ...SESSIONS, peers }, RANGES, node(...ETH0, ...ETH1));
  const ETH1 = ['eth1 10.22.110.100/24', 'eth1 fd00:22:110::100/64'];

  test('the one on the way to a peer with an IPv6 address', () => {
    expect(towards({ address: 'fd00:22:110::1' })).toBe('fd00:22:110::100');
    expect(towards({ address: 'fd00:22:108::1' }, { address: 'fd00:22:110::1' })).toBe('fd00:22:108::100');
  });

  test('this end of the first session over IPv6 that says it', () => {
    const over4 = { address: '10.22.108.1', localAddress: '10.22.108.100' };
    expect(towards(over4, { address: '2001:db8::1', localAddress: 'fd00:22:110::7' })).toBe('fd00:22:110::7');
    expect(towards({ address: 'fe80::1', localAddress: 'fe80::2' }, over4)).toBe('fd00:22:108::100');
  });

  test('there without any peer, as long as a gateway is not known', () => {
    expect(towards()).toBe('fd00:22:108::100');
  });
});

test('without a next hop only IPv4 can be announced', () => {
  expect(announceable(RANGES, 'fd00:22:108::100')).toEqual(RANGES);
  expect(announceable(RANGES, undefined)).toEqual(['10.99.66.0/23']);
});
