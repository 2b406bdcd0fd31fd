import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { desiredSettings } from '../../../src/agent/desired-settings.ts';
import { type AnnouncedFrom, announcedHosts, wantedBgp } from '../../../src/agent/wanted-bgp.ts';
import { starting } from '../../../src/announce/step.ts';
import type { Config } from '../../../src/config/config.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { type Address, isHostPrefix, prefixAddress, prefixContains } from '../../../src/model/address.ts';
import type { Reason } from '../../../src/model/condition.ts';
import { DesiredTable } from '../../../src/model/desired-table.ts';
import type { Service } from '../../../src/model/snapshot.ts';
import { HTTP, service, serviceKey, slice, snapshot } from '../model/cluster.ts';

function configOf(announcement: string, more = ''): Config {
  const { config, problems } = parseConfig(
    `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
ranges: [10.99.66.0/23, { prefix: 10.99.70.0/24, communities: ['64512:70'], med: 7, prepend: 2 }, 'fd99:66::/112']
dataplane: { externalIPs: [192.0.2.0/24, '2001:db8::/64'], loadBalancerIPs: [198.51.100.0/24] }
announcement: { ${announcement} }
bgp: { localAs: 64512, routerId: 10.22.108.100, ${more} peers: [{ address: 10.22.108.1, as: 64500 }] }
`,
    'lb-1',
  );
  if (config === undefined) throw new Error(JSON.stringify(problems));
  return config;
}

const CONFIG = configOf(`communities: ['64512:100'], largeCommunities: ['64512:1:2'], med: 50, localPref: 200,
  services: { externalIPs: true, loadBalancerIPs: true, communities: ['64512:32'] },
  deprioritised: { localPref: 1, communities: ['64512:666'] }`);

const FROM: AnnouncedFrom = {
  ranges: ['10.99.66.0/23'],
  addresses: [],
  peers: [],
  pending: [],
  nextHopIPv6: undefined,
  linkBandwidth: undefined,
};
const FOR_ALL = { communities: ['64512:100'], largeCommunities: ['64512:1:2'], med: 50, localPref: 200 };

const ANNOUNCED = { state: 'announced', since: 0 } as const;
const withdrawn = (reason: Reason) => ({ state: 'withdrawn', since: 0, reason, detail: '' }) as const;

const pathsOf = (from: Partial<AnnouncedFrom>, config = CONFIG) =>
  wantedBgp(config, { ...FROM, ...from }, ANNOUNCED).paths;

describe('an announced agent wants', () => {
  test('the sessions of the configuration, with the peers that are known', () => {
    const peers = [{ address: '10.22.108.1' }] as unknown as AnnouncedFrom['peers'];
    expect(wantedBgp(CONFIG, { ...FROM, peers }, ANNOUNCED)).toMatchObject({
      localAs: 64512,
      routerId: '10.22.108.100',
      listenAddresses: ['10.22.108.100'],
      listenPort: 179,
      peers,
      accept: [],
    });
    expect(wantedBgp(configOf('', 'accept: [0.0.0.0/0],'), FROM, ANNOUNCED).accept).toEqual(['0.0.0.0/0']);
  });

  test('a path for each usable range, with what the configuration gives that one', () => {
    expect(pathsOf({ ranges: ['10.99.66.0/23', '10.99.70.0/24'] })).toStrictEqual([
      { prefix: '10.99.66.0/23', ...FOR_ALL },
      { prefix: '10.99.70.0/24', ...FOR_ALL, communities: ['64512:70'], med: 7, prepend: 2 },
    ]);
  });

  test('a path for each single address, with what the configuration gives those', () => {
    expect(pathsOf({ addresses: ['192.0.2.1', '198.51.100.1'] })?.slice(1)).toStrictEqual([
      { prefix: '192.0.2.1/32', ...FOR_ALL, communities: ['64512:32'] },
      { prefix: '198.51.100.1/32', ...FOR_ALL, communities: ['64512:32'] },
    ]);
  });

  test('IPv6 with the next hop of this node, and not at all without one', () => {
    const six = { ranges: ['10.99.66.0/23', 'fd99:66::/112'], addresses: ['192.0.2.1', '2001:db8::1'] };
    expect(
      pathsOf({ ...six, nextHopIPv6: 'fd00:22:108::100' })?.map(({ nextHop, prefix }) => [prefix, nextHop]),
    ).toEqual([
      ['10.99.66.0/23', undefined],
      ['fd99:66::/112', 'fd00:22:108::100'],
      ['192.0.2.1/32', undefined],
      ['2001:db8::1/128', 'fd00:22:108::100'],
    ]);
    expect(pathsOf(six)?.map(({ prefix }) => prefix)).toEqual(['10.99.66.0/23', '192.0.2.1/32']);
  });

  test('IPv4 with the next hop that is configured', () => {
    const config = configOf('', 'nextHopIPv4: 10.22.108.200,');
    expect(pathsOf({ addresses: ['192.0.2.1'] }, config)?.map(({ nextHop }) => nextHop)).toEqual([
      '10.22.108.200',
      '10.22.108.200',
    ]);
  });

  test('the weight of this node on every path', () => {
    const paths = pathsOf({ addresses: ['192.0.2.1'], linkBandwidth: 1_250_000_000 });
    expect(paths?.map(({ linkBandwidth }) => linkBandwidth)).toEqual([1_250_000_000, 1_250_000_000]);
  });
});

test('a starting agent leaves the paths as it finds them', () => {
  expect(wantedBgp(CONFIG, FROM, starting(0).announcement).paths).toBeUndefined();
});

test('a deprioritised agent says it by every means there is, of every path', () => {
  const state = { ...withdrawn('probe-failed'), state: 'deprioritised' } as const;
  const from = { ...FROM, addresses: ['192.0.2.1'], linkBandwidth: 125_000_000 };
  const lesser = { largeCommunities: ['64512:1:2'], med: 1050, localPref: 1, prepend: 3, linkBandwidth: 125_000_000 };
  expect(wantedBgp(CONFIG, from, state).paths).toStrictEqual([
    { prefix: '10.99.66.0/23', ...lesser, communities: ['64512:100', '65535:0', '64512:666'] },
    { prefix: '192.0.2.1/32', ...lesser, communities: ['64512:32', '65535:0', '64512:666'] },
  ]);
});

test.each(['probe-failed', 'held-down', 'stopping'] as const)(
  'an agent that withdrew for %s wants no path, and may announce the same ones again',
  (reason) => {
    expect(wantedBgp(CONFIG, { ...FROM, addresses: ['192.0.2.1'] }, withdrawn(reason))).toMatchObject({
      paths: [],
      ranges: FROM.ranges,
      hosts: announcedHosts(CONFIG),
    });
  },
);

test.each([
  ['', []],
  ['services: { externalIPs: true }', ['192.0.2.0/24', '2001:db8::/64']],
  ['services: { loadBalancerIPs: true }', ['198.51.100.0/24']],
  ['services: { externalIPs: true, loadBalancerIPs: true }', ['192.0.2.0/24', '2001:db8::/64', '198.51.100.0/24']],
])('with "%s" single addresses may be announced of %j', (announcement, hosts) => {
  expect(announcedHosts(configOf(announcement))).toEqual(hosts);
});

test('whatever Services say, nothing is announced but the ranges and what a list of a kind that is on allows', () => {
  const address = fc.oneof(
    fc.ipV4(),
    fc.constantFrom<Address>('0.0.0.0', '192.0.2.1', '192.0.2.100', '198.51.100.7', '203.0.113.9', '10.22.108.100'),
    fc.constantFrom<Address>('10.99.66.10', '10.99.70.1', '2001:db8::1', '2001:db9::1', 'fd99:66::a', '::'),
  );
  const addresses = fc.array(address, { maxLength: 4 });
  const hostile = fc
    .record({
      name: fc.constantFrom('a', 'b', 'c'),
      clusterIPs: addresses,
      externalIPs: addresses,
      loadBalancerIPs: addresses,
      restricted: fc.boolean(),
    })
    .map((fields): Service => service({ ...fields, ports: [HTTP, { ...HTTP, name: 'more', port: 81 }] }));
  const kinds = fc.subarray(['externalIPs', 'loadBalancerIPs'] as const);
  const nodeAddresses = new Set(['10.22.108.100', '192.0.2.100']);
  const property = fc.property(kinds, fc.array(hostile, { maxLength: 5 }), (on, services) => {
    const config = configOf(`services: { ${on.map((kind) => `${kind}: true`).join(', ')} }`);
    const ranges = { usable: config.ranges, overlaps: [], nodeAddresses };
    const table = new DesiredTable(desiredSettings({ config, ranges }));
    const families = (['ipv4', 'ipv6'] as const).map(
      (family) => (one: Service) => slice({ name: `${one.name}-${family}`, service: one.name, family }),
    );
    const cluster = snapshot(
      services,
      families.flatMap((sliceOf) => services.map(sliceOf)),
    );
    table.update(cluster, services.map(serviceKey));
    const from = { ...FROM, ranges: config.ranges, addresses: table.announcedAddresses, nextHopIPv6: 'fd00::1' };
    const { hosts, paths = [] } = wantedBgp(config, from, ANNOUNCED);
    const beside = paths.filter(({ prefix }) => !config.ranges.includes(prefix));
    expect(paths.length - beside.length).toBe(config.ranges.length);
    expect(new Set(paths.map(({ prefix }) => prefix)).size).toBe(paths.length);
    for (const { prefix } of beside) {
      const single = prefixAddress(prefix);
      const asked = on.some(
        (kind) =>
          config.dataplane[kind].some((list) => prefixContains(list, single)) &&
          [...cluster.services.values()].some((one) => one[kind].includes(single)),
      );
      expect([isHostPrefix(prefix), asked, nodeAddresses.has(single)]).toEqual([true, true, false]);
      expect(hosts.some((list) => prefixContains(list, single))).toBe(true);
    }
  });
  fc.assert(property, { numRuns: 300 });
});
