import { describe, expect, test } from 'vitest';
import { announceable, findNextHop } from '../../../src/agent/next-hop.ts';
import type { NodeAddress } from '../../../src/agent/ranges.ts';
import type { BgpConfig } from '../../../src/config/config.ts';

const RANGES = ['10.99.66.0/23', 'fd99:66::/112'];
const BGP: BgpConfig = {
  gobgp: 'unix:///run/gobgp/gobgp.sock',
  localAs: 64512,
  routerId: '10.22.108.100',
  nextHopIPv6: undefined,
  listenAddresses: [],
  listenPort: 179,
  peers: [
    { address: '192.0.2.1', as: 64500, holdTimeSeconds: 9, port: 179 },
    { address: '10.22.110.1', as: 64500, holdTimeSeconds: 9, port: 179 },
  ],
};
/** `interface cidr`, as the kernel lists them. */
const node = (...lines: string[]): NodeAddress[] =>
  lines.map((line) => ({ interface: line.split(' ')[0] ?? '', cidr: line.split(' ')[1] ?? '' }));
const LOOPBACK = ['lo 127.0.0.1/8', 'lo ::1/128'];
const ETH0 = ['eth0 10.22.108.100/24', 'eth0 fd00:22:108::100/64', 'eth0 fe80::1/64'];

describe('the next hop of the IPv6 ranges is', () => {
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
    expect(findNextHop(BGP, RANGES, node(...lines))).toBe(expected);
  });

  test('the configured one, whatever the node has', () => {
    const configured = { ...BGP, nextHopIPv6: 'fd00:22:108::200' };
    expect(findNextHop(configured, RANGES, node(...ETH0))).toBe('fd00:22:108::200');
    expect(findNextHop(configured, RANGES, [])).toBe('fd00:22:108::200');
  });
});

test('without a next hop only IPv4 can be announced', () => {
  expect(announceable(RANGES, 'fd00:22:108::100')).toEqual(RANGES);
  expect(announceable(RANGES, undefined)).toEqual(['10.99.66.0/23']);
});
