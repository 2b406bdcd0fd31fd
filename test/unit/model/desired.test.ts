import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { desired, type DesiredSettings } from '../../../src/model/desired.ts';
import type { Endpoint, EndpointSlice, Service, ServicePort, Snapshot } from '../../../src/model/snapshot.ts';

const SETTINGS: DesiredSettings = { ranges: ['10.99.66.0/23'], families: ['ipv4'], scheduler: 'rr' };
const HTTP: ServicePort = { name: 'http', protocol: 'tcp', port: 80 };

const service = (fields: Partial<Service> = {}): Service => ({
  namespace: 'shop',
  name: 'web',
  clusterIPs: ['10.99.66.10'],
  ports: [HTTP],
  affinitySeconds: 0,
  excluded: undefined,
  ...fields,
});

const endpoint = (address: string, conditions: Partial<Endpoint> = {}): Endpoint => ({
  address,
  ready: true,
  serving: true,
  terminating: false,
  ...conditions,
});

const slice = (fields: Partial<EndpointSlice> = {}): EndpointSlice => ({
  namespace: 'shop',
  name: 'web-x1',
  service: 'web',
  family: 'ipv4',
  ports: [{ ...HTTP, port: 8080 }],
  endpoints: [endpoint('10.1.0.101')],
  ...fields,
});

const keyed = <T extends { namespace: string; name: string }>(all: readonly T[]) =>
  new Map(all.map((one) => [`${one.namespace}/${one.name}`, one]));

function snapshot(services: readonly Service[], slices: readonly EndpointSlice[]): Snapshot {
  return { services: keyed(services), slices: keyed(slices), skipped: [] };
}

const wanted = (services: readonly Service[], slices: readonly EndpointSlice[], settings = SETTINGS) =>
  desired(snapshot(services, slices), settings);

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

describe('KEP-1669: which endpoints take traffic', () => {
  const READY = { ready: true, serving: true, terminating: false };
  const NOT_READY = { ready: false, serving: false, terminating: false };
  const STARTING = { ready: false, serving: true, terminating: false };
  const DRAINING = { ready: false, serving: true, terminating: true };
  const GOING = { ready: false, serving: false, terminating: true };
  /** publishNotReadyAddresses: ready by decree, while it terminates. */
  const PUBLISHED = { ready: true, serving: true, terminating: true };

  test.each([
    ['ready ones', [READY, READY], ['a*1', 'b*1']],
    ['not the ones that are not ready', [READY, NOT_READY], ['a*1']],
    ['not the ones that are not ready yet, even if they serve', [READY, STARTING], ['a*1']],
    ['draining ones beside ready ones keep their connections and get no new one', [READY, DRAINING], ['a*1', 'b*0']],
    ['draining ones where no other is ready', [DRAINING, DRAINING], ['a*1', 'b*1']],
    ['draining ones rather than those that are not ready', [DRAINING, NOT_READY], ['a*1']],
    ['none that terminates without serving', [READY, GOING], ['a*1']],
    ['one that is published as ready while it terminates', [PUBLISHED, NOT_READY], ['a*1']],
    ['nobody', [NOT_READY, GOING], undefined],
  ])('%s', (_title, conditions, expected) => {
    const endpoints = conditions.map((condition, index) => endpoint(`10.1.0.${index + 1}`, condition));
    const found = table([service()], [slice({ endpoints })])['tcp/10.99.66.10:80'];
    expect(found?.map((text) => text.replace('10.1.0.1:8080', 'a').replace('10.1.0.2:8080', 'b'))).toStrictEqual(
      expected,
    );
  });

  test('draining ones over UDP are left out: a client that keeps its port would never leave them', () => {
    const ports: ServicePort[] = [{ name: 'dns', protocol: 'udp', port: 53 }];
    const endpoints = [endpoint('10.1.0.1', READY), endpoint('10.1.0.2', DRAINING)];
    expect(table([service({ ports })], [slice({ ports, endpoints })])).toStrictEqual({
      'udp/10.99.66.10:53': ['10.1.0.1:53*1'],
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
      'Service shop/web: no-endpoints: port 80/tcp has no usable endpoint',
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
      'Service shop/web: no-endpoints: port 80/tcp has no EndpointSlice',
    ]);
  });

  test('of the other family do not count', () => {
    const other = slice({ family: 'ipv6', endpoints: [endpoint('fd00::1')] });
    expect(reasons([service()], [other])).toStrictEqual([
      'Service shop/web: no-endpoints: port 80/tcp has no usable endpoint',
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
      families: ['ipv4', 'ipv6'],
    };
    expect(table([dual], [slice(), six], settings)).toStrictEqual({
      'tcp/10.99.66.10:80': ['10.1.0.101:8080*1'],
      'tcp/[fd99:66::a]:80': ['fd00::1:8080*1'],
    });
  });

  test('the second claim of one address and port, by namespace and name', () => {
    const late = service({ name: 'z' });
    expect(reasons([late, service()], [slice(), slice({ name: 'z-x1', service: 'z' })])).toStrictEqual([
      'Service shop/z: port-conflict: tcp/10.99.66.10:80 is already taken by another Service',
    ]);
  });

  test('what the source has left out stays named', () => {
    const skipped = [{ object: 'file a.yaml', reason: 'file-invalid', detail: 'a.yaml:1:1 broken' }] as const;
    expect(desired({ ...snapshot([], []), skipped }, SETTINGS).skipped).toStrictEqual(skipped);
  });
});

test('the order of a snapshot makes no difference', () => {
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 2 });
  const property = fc.property(names, fc.infiniteStream(fc.integer({ min: 1, max: 3 })), (all, numbers) => {
    const host = () => Number(numbers.next().value);
    const services = all.map((name) => service({ name, clusterIPs: [`10.99.66.${host()}`] }));
    const slices = all.flatMap((name) =>
      ['x', 'y'].map((end) =>
        slice({
          name: `${name}-${end}`,
          service: name,
          endpoints: [
            endpoint(`10.1.0.${host()}`),
            endpoint(`10.1.0.${host()}`, { ready: host() > 1, terminating: true }),
          ],
        }),
      ),
    );
    const forwards = wanted(services, slices);
    const backwards = wanted(services.toReversed(), slices.toReversed());
    expect([...backwards.virtualServers]).toStrictEqual([...forwards.virtualServers]);
    expect(backwards.skipped).toStrictEqual(forwards.skipped);
  });
  fc.assert(property);
});

test('every virtual server lies in a range and has a real server of its own family, each once', () => {
  const address = fc.constantFrom('10.99.66.1', '10.99.66.2', '10.99.68.1', 'fd99:66::1');
  const conditions = fc.record({ ready: fc.boolean(), serving: fc.boolean(), terminating: fc.boolean() });
  const endpoints = fc.array(
    fc.tuple(fc.constantFrom('10.1.0.1', '10.1.0.2'), conditions).map(([at, state]) => endpoint(at, state)),
  );
  const property = fc.property(fc.uniqueArray(address), endpoints, endpoints, (clusterIPs, one, two) => {
    const slices = [slice({ endpoints: one }), slice({ name: 'web-x2', endpoints: two })];
    for (const server of wanted([service({ clusterIPs })], slices).virtualServers.values()) {
      expect(server.address).toMatch(/^10\.99\.66\./);
      expect(server.realServers.some(({ weight }) => weight > 0)).toBe(true);
      expect(new Set(server.realServers.map((real) => real.address)).size).toBe(server.realServers.length);
    }
  });
  fc.assert(property);
});
