import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DesiredSettings } from '../../../src/model/desired.ts';
import { DesiredTable } from '../../../src/model/desired-table.ts';
import type { EndpointSlice, Service, ServicePort } from '../../../src/model/snapshot.ts';
import { endpoint, HTTP, service, SETTINGS, slice, snapshot } from './cluster.ts';

function wanted(services: readonly Service[], slices: readonly EndpointSlice[], settings = SETTINGS) {
  const result = new DesiredTable(settings);
  const all = snapshot(services, slices);
  result.update(all, all.services.keys());
  return result;
}

/** Real servers as `address:port*weight`, by virtual server. */
function table(services: readonly Service[], slices: readonly EndpointSlice[], settings = SETTINGS) {
  const { virtualServers } = wanted(services, slices, settings);
  return Object.fromEntries(
    [...virtualServers].map(([key, { realServers }]) => [
      key,
      realServers.map(({ address, port, weight }) => `${address}:${port}*${weight}`),
    ]),
  );
}

const reasons = (services: readonly Service[], slices: readonly EndpointSlice[], settings = SETTINGS) =>
  wanted(services, slices, settings).skipped.map(({ object, reason, detail }) => `${object}: ${reason}: ${detail}`);

test('a Service with an endpoint becomes a virtual server with a real server', () => {
  const { virtualServers, skipped } = wanted([service({ affinitySeconds: 7 })], [slice()]);
  expect([...virtualServers]).toStrictEqual([
    [
      'tcp/10.99.66.10:80',
      {
        protocol: 'tcp',
        address: '10.99.66.10',
        port: 80,
        scheduler: 'rr',
        schedulerFlags: [],
        persistenceSeconds: 7,
        realServers: [{ address: '10.1.0.101', port: 8080, weight: 1 }],
      },
    ],
  ]);
  expect(skipped).toStrictEqual([]);
});

test('a Service may ask for a scheduler of its own', () => {
  const scheduling = { scheduler: 'mh', flags: ['port'] } as const;
  const { virtualServers } = wanted([service({ scheduling })], [slice()]);
  expect([...virtualServers.values()]).toMatchObject([{ scheduler: 'mh', schedulerFlags: ['port'] }]);
});

describe('a port that nothing can be sent to', () => {
  const FAILING = endpoint('10.1.0.1', { ready: false });

  test('stays for the connections it has, closed to new ones, while real servers drain', () => {
    const slices = [slice({ endpoints: [FAILING] })];
    expect(table([service()], slices)).toStrictEqual({ 'tcp/10.99.66.10:80': ['10.1.0.1:8080*0'] });
    expect(reasons([service()], slices)).toStrictEqual([
      'Service shop/web: no-endpoints: tcp/10.99.66.10:80 has no usable endpoint',
    ]);
  });

  test('is not there over UDP, nor without any endpoint', () => {
    const ports: ServicePort[] = [{ name: 'dns', protocol: 'udp', port: 53 }];
    expect(table([service({ ports })], [slice({ ports, endpoints: [FAILING] })])).toStrictEqual({});
    expect(table([service()], [slice({ endpoints: [] })])).toStrictEqual({});
  });

  test('is one on this node where the policy is Local and all its pods are elsewhere', () => {
    const local = service({ internalTrafficPolicy: 'local' });
    const slices = [slice({ endpoints: [endpoint('10.1.0.1', { nodeName: 'worker-1' })] })];
    expect(table([local], slices)).toStrictEqual({});
    expect(reasons([local], slices)).toStrictEqual([
      'Service shop/web: no-local-endpoints: tcp/10.99.66.10:80 has no usable endpoint on this node, and a traffic policy of Local',
    ]);
  });
});

describe('external addresses', () => {
  const open: DesiredSettings = { ...SETTINGS, externalIPs: ['192.0.2.0/24'], loadBalancerIPs: ['198.51.100.0/24'] };
  const outside = service({ externalIPs: ['192.0.2.7'], loadBalancerIPs: ['198.51.100.7'] });

  test('are served like ClusterIPs where they are allowed', () => {
    expect(table([outside], [slice()], open)).toStrictEqual({
      'tcp/10.99.66.10:80': ['10.1.0.101:8080*1'],
      'tcp/192.0.2.7:80': ['10.1.0.101:8080*1'],
      'tcp/198.51.100.7:80': ['10.1.0.101:8080*1'],
    });
  });

  test('have a traffic policy of their own', () => {
    const endpoints = [
      endpoint('10.1.0.1', { nodeName: 'lb-1' }),
      endpoint('10.1.0.2', { nodeName: 'worker-1' }),
      endpoint('10.1.0.3'),
    ];
    expect(
      table([service({ ...outside, externalTrafficPolicy: 'local' })], [slice({ endpoints })], open),
    ).toStrictEqual({
      'tcp/10.99.66.10:80': ['10.1.0.1:8080*1', '10.1.0.2:8080*1', '10.1.0.3:8080*1'],
      'tcp/192.0.2.7:80': ['10.1.0.1:8080*1'],
      'tcp/198.51.100.7:80': ['10.1.0.1:8080*1'],
    });
  });
});

describe('ports', () => {
  test('are matched by name and protocol, and may have other numbers behind them', () => {
    const ports: ServicePort[] = [
      HTTP,
      { name: 'dns', protocol: 'udp', port: 53 },
      { name: 'dns-tcp', protocol: 'tcp', port: 53 },
    ];
    const behind: ServicePort[] = [
      { ...HTTP, port: 8080 },
      { name: 'dns', protocol: 'udp', port: 5353 },
      { name: 'dns', protocol: 'tcp', port: 1 },
      { name: 'dns-tcp', protocol: 'tcp', port: 5354 },
    ];
    expect(table([service({ ports })], [slice({ ports: behind })])).toStrictEqual({
      'tcp/10.99.66.10:80': ['10.1.0.101:8080*1'],
      'udp/10.99.66.10:53': ['10.1.0.101:5353*1'],
      'tcp/10.99.66.10:53': ['10.1.0.101:5354*1'],
    });
  });

  test('without a name are matched by that', () => {
    const unnamed = { ...HTTP, name: '' };
    expect(table([service({ ports: [unnamed] })], [slice({ ports: [{ ...unnamed, port: 8080 }] })])).toStrictEqual({
      'tcp/10.99.66.10:80': ['10.1.0.101:8080*1'],
    });
    expect(reasons([service({ ports: [unnamed] })], [slice()])).toStrictEqual([
      'Service shop/web: no-endpoints: tcp/10.99.66.10:80 has no usable endpoint',
    ]);
  });
});

describe('slices', () => {
  test('of one Service are put together, also with different numbers for one port', () => {
    const second = slice({ name: 'web-x2', ports: [{ ...HTTP, port: 9090 }], endpoints: [endpoint('10.1.0.102')] });
    expect(table([service()], [second, slice()])).toStrictEqual({
      'tcp/10.99.66.10:80': ['10.1.0.101:8080*1', '10.1.0.102:9090*1'],
    });
  });

  test('may both hold an endpoint for a moment: ready in one of them is ready', () => {
    const draining = slice({
      name: 'web-x2',
      endpoints: [endpoint('10.1.0.101', { ready: false, terminating: true })],
    });
    for (const slices of [
      [slice(), draining],
      [draining, slice()],
    ]) {
      expect(table([service()], slices)).toStrictEqual({ 'tcp/10.99.66.10:80': ['10.1.0.101:8080*1'] });
    }
  });

  test('of another Service or namespace do not count', () => {
    const others = [slice({ service: 'shop' }), slice({ name: 'web-x2', namespace: 'other' })];
    expect(reasons([service()], others)).toStrictEqual([
      'Service shop/web: no-endpoints: tcp/10.99.66.10:80 has no EndpointSlice',
    ]);
  });

  test('of the other family do not count', () => {
    const other = slice({ family: 'ipv6', endpoints: [endpoint('fd00::1')] });
    expect(reasons([service()], [other])).toStrictEqual([
      'Service shop/web: no-endpoints: tcp/10.99.66.10:80 has no usable endpoint',
    ]);
  });
});

describe('what is left out', () => {
  test.each(['headless', 'external-name', 'other-proxy'] as const)('a Service that is %s', (excluded) => {
    expect(reasons([service({ excluded, clusterIPs: [] })], [slice()])).toStrictEqual([
      `Service shop/web: ${excluded}: has no ClusterIP that fairlead serves`,
    ]);
  });

  test('an address outside the ranges', () => {
    expect(reasons([service({ clusterIPs: ['10.99.68.1'] })], [slice()])).toStrictEqual([
      'Service shop/web: outside-ranges: 10.99.68.1 is in none of 10.99.66.0/23',
    ]);
  });

  test('an address of a family that is not served, while the other one is', () => {
    const dual = service({ clusterIPs: ['10.99.66.10', 'fd99:66::a'] });
    expect(Object.keys(table([dual], [slice()]))).toStrictEqual(['tcp/10.99.66.10:80']);
    expect(reasons([dual], [slice()])).toStrictEqual([
      'Service shop/web: family-not-served: fd99:66::a is ipv6; served: ipv4',
    ]);
  });

  test('neither family where both are served', () => {
    const dual = service({ clusterIPs: ['10.99.66.10', 'fd99:66::a'] });
    const six = slice({ name: 'web-x6', family: 'ipv6', endpoints: [endpoint('fd00::1')] });
    const settings: DesiredSettings = {
      ...SETTINGS,
      ranges: ['10.99.66.0/23', 'fd99:66::/112'],
    };
    expect(table([dual], [slice(), six], settings)).toStrictEqual({
      'tcp/10.99.66.10:80': ['10.1.0.101:8080*1'],
      'tcp/[fd99:66::a]:80': ['fd00::1:8080*1'],
    });
  });

  test('the second claim of one address and port, by namespace and name', () => {
    const late = service({ name: 'z' });
    expect(reasons([late, service()], [slice(), slice({ name: 'z-x1', service: 'z' })])).toStrictEqual([
      'Service shop/z: port-conflict: tcp/10.99.66.10:80 belongs to Service shop/web',
    ]);
  });

  test('a port that a file names twice: the first one counts', () => {
    const twice = service({ ports: [HTTP, { ...HTTP, name: 'other' }] });
    expect(table([twice], [slice()])).toStrictEqual({ 'tcp/10.99.66.10:80': ['10.1.0.101:8080*1'] });
    expect(reasons([twice], [slice()])).toStrictEqual([
      'Service shop/web: port-conflict: tcp/10.99.66.10:80 stands in it twice',
    ]);
  });

  test('what the source has left out stays named', () => {
    const skipped = [{ object: 'file a.yaml', reason: 'file-invalid', detail: 'a.yaml:1:1 broken' }] as const;
    const result = new DesiredTable(SETTINGS);
    result.update(snapshot([], [], { skipped }), []);
    expect(result.skipped).toStrictEqual(skipped);
  });
});

test('every virtual server lies in a range and has real servers, each once; one that takes nothing new is named', () => {
  const address = fc.constantFrom('10.99.66.1', '10.99.66.2', '10.99.68.1', 'fd99:66::1');
  const conditions = fc.record({ ready: fc.boolean(), serving: fc.boolean(), terminating: fc.boolean() });
  const endpoints = fc.array(
    fc.tuple(fc.constantFrom('10.1.0.1', '10.1.0.2'), conditions).map(([at, state]) => endpoint(at, state)),
  );
  const property = fc.property(fc.uniqueArray(address), endpoints, endpoints, (clusterIPs, one, two) => {
    const slices = [slice({ endpoints: one }), slice({ name: 'web-x2', endpoints: two })];
    const { skipped, virtualServers } = wanted([service({ clusterIPs })], slices);
    for (const [key, server] of virtualServers) {
      expect(server.address).toMatch(/^10\.99\.66\./);
      const named = skipped.some(({ detail, reason }) => reason === 'no-endpoints' && detail.startsWith(`${key} `));
      expect(server.realServers.some(({ weight }) => weight > 0)).toBe(!named);
      expect(server.realServers).not.toStrictEqual([]);
      expect(new Set(server.realServers.map((real) => real.address)).size).toBe(server.realServers.length);
    }
  });
  fc.assert(property);
});
