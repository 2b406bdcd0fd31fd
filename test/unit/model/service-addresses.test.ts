import { describe, expect, test } from 'vitest';
import { addressesOf, type AddressSettings } from '../../../src/model/service-addresses.ts';
import type { Service } from '../../../src/model/snapshot.ts';
import { service, SETTINGS } from './cluster.ts';

const OPEN = { ...SETTINGS, externalIPs: ['192.0.2.0/24', '2001:db8::/64'], loadBalancerIPs: ['198.51.100.0/24'] };

/** What becomes of each address: `served` with its policy, or the reason. */
function judged(fields: Partial<Service>, settings: AddressSettings = OPEN): string[] {
  const { served, skipped } = addressesOf(
    service({ clusterIPs: ['10.99.66.10'], externalTrafficPolicy: 'local', ...fields }),
    settings,
  );
  return [
    ...served.map(({ address, policy }) => `${address} ${policy}`),
    ...skipped.map(({ detail, reason }) => `${reason}: ${detail}`),
  ];
}

const WEB = '10.99.66.10 cluster';

describe('addresses', () => {
  test.each<[string, Partial<Service>, string[]]>([
    ['a ClusterIP in a range is served', {}, [WEB]],
    [
      'a ClusterIP outside is not',
      { clusterIPs: ['10.99.68.1'] },
      ['outside-ranges: 10.99.68.1 is in none of 10.99.66.0/23'],
    ],
    [
      'a ClusterIP is not served for being in a list of external ones',
      { clusterIPs: ['192.0.2.1'] },
      ['outside-ranges: 192.0.2.1 is in none of 10.99.66.0/23'],
    ],
    [
      'external ones are served with their own policy',
      { externalIPs: ['192.0.2.1', '2001:db8::1'], loadBalancerIPs: ['198.51.100.1'] },
      [WEB, '192.0.2.1 local', '2001:db8::1 local', '198.51.100.1 local'],
    ],
    [
      'each kind by its own list, one entry for each address',
      { externalIPs: ['198.51.100.1', '203.0.113.1'], loadBalancerIPs: ['192.0.2.1'] },
      [
        WEB,
        'external-ip-not-allowed: 198.51.100.1 is in none of 192.0.2.0/24, 2001:db8::/64 (dataplane.externalIPs)',
        'external-ip-not-allowed: 203.0.113.1 is in none of 192.0.2.0/24, 2001:db8::/64 (dataplane.externalIPs)',
        'external-ip-not-allowed: 192.0.2.1 is in none of 198.51.100.0/24 (dataplane.loadBalancerIPs)',
      ],
    ],
    [
      'one that comes in two ways needs one of them',
      { externalIPs: ['198.51.100.1'], loadBalancerIPs: ['198.51.100.1'] },
      [WEB, '198.51.100.1 local'],
    ],
    ['one that is a ClusterIP as well has the policy of that', { externalIPs: ['10.99.66.10'] }, [WEB]],
    [
      'an external one in a range is not served for that',
      { externalIPs: ['10.99.66.11'] },
      [WEB, 'external-ip-not-allowed: 10.99.66.11 is in none of 192.0.2.0/24, 2001:db8::/64 (dataplane.externalIPs)'],
    ],
    [
      'none of a load balancer that is closed to some, where it would be open to all',
      { externalIPs: ['192.0.2.1'], loadBalancerIPs: ['198.51.100.1', '203.0.113.1'], restricted: true },
      [
        WEB,
        '192.0.2.1 local',
        'source-ranges-not-enforced: 198.51.100.1 is not served: spec.loadBalancerSourceRanges keeps some clients out, and fairlead keeps nobody out',
        'external-ip-not-allowed: 203.0.113.1 is in none of 198.51.100.0/24 (dataplane.loadBalancerIPs)',
      ],
    ],
    [
      'never one of this node itself',
      { externalIPs: ['192.0.2.100'] },
      [WEB, 'node-address: 192.0.2.100 is an address of this node itself'],
    ],
  ])('%s', (_title, fields, expected) => {
    expect(judged(fields)).toStrictEqual(expected);
  });

  test('external ones are ordinary where no list allows any', () => {
    const fields = { externalIPs: ['192.0.2.1'], loadBalancerIPs: ['198.51.100.1'] };
    expect(judged(fields, { ...OPEN, externalIPs: [], loadBalancerIPs: [] })).toStrictEqual([
      WEB,
      'external-ip-off: 192.0.2.1 is not served: dataplane.externalIPs is empty',
      'external-ip-off: 198.51.100.1 is not served: dataplane.loadBalancerIPs is empty',
    ]);
  });

  test('one that comes in several ways says each way that is allowed', () => {
    const fields = { externalIPs: ['192.0.2.1'], loadBalancerIPs: ['192.0.2.1', '198.51.100.1'] };
    const kinds = (settings: AddressSettings) =>
      addressesOf(service(fields), settings).served.map(({ address, kinds: found }) => `${address} ${found.join()}`);
    expect(kinds(OPEN)).toStrictEqual([
      '10.99.66.10 clusterIPs',
      '192.0.2.1 externalIPs',
      '198.51.100.1 loadBalancerIPs',
    ]);
    expect(kinds({ ...OPEN, loadBalancerIPs: OPEN.externalIPs })).toContain('192.0.2.1 externalIPs,loadBalancerIPs');
  });

  test('a family counts as served through a range or a list', () => {
    const fields = { clusterIPs: ['fd99:66::a'] };
    expect(judged(fields)).toStrictEqual(['outside-ranges: fd99:66::a is in none of 10.99.66.0/23']);
    expect(judged(fields, SETTINGS)).toStrictEqual(['family-not-served: fd99:66::a is ipv6; served: ipv4']);
  });
});
