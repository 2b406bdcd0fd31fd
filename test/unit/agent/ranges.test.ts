import { describe, expect, test } from 'vitest';
import { familiesOf, firstAddresses, ownSources, usableRanges } from '../../../src/agent/ranges.ts';

const NODE = [
  { interface: 'lo', cidr: '127.0.0.1/8' },
  { interface: 'lo', cidr: '::1/128' },
  { interface: 'eth0', cidr: '10.22.108.100/24' },
  { interface: 'eth0', cidr: 'fd22:108::100/64' },
  { interface: 'eth0', cidr: 'fe80::1/64' },
];

describe('ranges of a node with 10.22.108.100/24', () => {
  test.each([
    ['clear of the node', ['10.99.66.0/23'], ['10.99.66.0/23'], []],
    ['around the network of the node', ['10.22.0.0/16'], [], ['10.22.0.0/16 overlaps 10.22.108.100/24 on eth0']],
    ['inside the network of the node', ['10.22.108.64/26'], [], ['10.22.108.64/26 overlaps 10.22.108.100/24 on eth0']],
    [
      'one of several',
      ['10.99.66.0/23', '10.22.108.0/24'],
      ['10.99.66.0/23'],
      ['10.22.108.0/24 overlaps 10.22.108.100/24 on eth0'],
    ],
    ['next to the network of the node', ['10.22.109.0/24'], ['10.22.109.0/24'], []],
    ['IPv6, clear of the node', ['fd99:66::/112'], ['fd99:66::/112'], []],
    ['IPv6, around the node', ['fd22:108::/96'], [], ['fd22:108::/96 overlaps fd22:108::100/64 on eth0']],
  ])('%s', (_, ranges, usable, overlaps) => {
    expect(usableRanges(ranges, NODE)).toMatchObject({ usable, overlaps });
  });

  test('an address that cannot be read counts as an overlap: binding too little is the safe side', () => {
    expect(usableRanges(['10.99.66.0/23'], [{ interface: 'x', cidr: 'nonsense' }]).usable).toStrictEqual([]);
  });
});

test('the addresses of the node are known one by one, for what is served beside the ranges', () => {
  expect(usableRanges([], NODE).nodeAddresses).toStrictEqual(
    new Set(['127.0.0.1', '::1', '10.22.108.100', 'fd22:108::100', 'fe80::1']),
  );
});

describe('the sources of own connections', () => {
  const DUAL = [{ interface: 'eth1', cidr: 'fd22::7/64' }, { interface: 'eth0', cidr: 'fe80::2/64' }, ...NODE];

  test('are the router id and, on the same interface, the first IPv6 address that is not link-local', () => {
    expect(ownSources('10.22.108.100', DUAL)).toStrictEqual({ ipv4: '10.22.108.100', ipv6: 'fd22:108::100' });
  });

  test('leave the choice to the kernel in a family without one', () => {
    const withoutIpv6 = NODE.filter(({ cidr }) => !cidr.startsWith('fd'));
    expect(ownSources('10.22.108.100', withoutIpv6)).toStrictEqual({ ipv4: '10.22.108.100' });
    expect(ownSources('10.22.108.1', DUAL)).toStrictEqual({});
  });
});

describe('the canaries of ranges are served', () => {
  test.each<[string, string[], string[], string[]]>([
    [
      'at the first address of each family',
      ['10.99.66.0/23', 'fd99:66::/112'],
      ['ipv4', 'ipv6'],
      ['10.99.66.0', 'fd99:66::'],
    ],
    [
      'of the first range',
      ['fd99:66::/112', '10.99.68.0/23', '10.99.66.0/23'],
      ['ipv4', 'ipv6'],
      ['10.99.68.0', 'fd99:66::'],
    ],
    ['in one family where there is one', ['fd99:66::/112'], ['ipv6'], ['fd99:66::']],
    ['nowhere without a range', [], [], []],
  ])('%s', (_, ranges, families, addresses) => {
    expect(familiesOf(ranges)).toStrictEqual(families);
    expect(firstAddresses(ranges)).toStrictEqual(addresses);
  });
});
