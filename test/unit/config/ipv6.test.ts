import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/parse.ts';

const fileWith = (nextHop: string): string => `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
ranges: [10.99.66.0/23, "FD99:66:0::/112"]
bgp:
  localAs: 64512
  routerId: 10.22.108.100
  nextHopIPv6: ${nextHop}
  peers: [{address: 10.22.108.1, as: 64500}]
`;

test('a file may serve both families, with a next hop for IPv6', () => {
  const { config } = parseConfig(fileWith('FD00:22:108:0::100'), 'lb-1');
  expect(config).toMatchObject({
    ranges: ['10.99.66.0/23', 'fd99:66::/112'],
    bgp: { nextHopIPv6: 'fd00:22:108::100' },
  });
});

test.each([
  ['fe80::1', 'a global IPv6 address such as fd00:22:108::100', '"fe80::1"'],
  ['10.22.108.100', 'a global IPv6 address such as fd00:22:108::100', '"10.22.108.100"'],
  ['fd99:66::1', 'an address outside of fd99:66::/112', 'fd99:66::1'],
])('a next hop of %s is refused', (nextHop, expected, found) => {
  const place = { line: 7, column: 16, path: 'bgp.nextHopIPv6' };
  expect(parseConfig(fileWith(nextHop), 'lb-1').problems).toStrictEqual([{ ...place, expected, found }]);
});
