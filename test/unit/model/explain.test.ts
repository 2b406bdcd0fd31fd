import { describe, expect, test } from 'vitest';
import type { DesiredSettings } from '../../../src/model/desired.ts';
import { explainService, keysOf } from '../../../src/model/explain/explain.ts';
import type { Explanation } from '../../../src/model/explain/explanation.ts';
import type { EndpointSlice, Service } from '../../../src/model/snapshot.ts';
import type { Status } from '../../../src/model/status.ts';
import { NO_LOAD, type Traffic, UNREAD, type VirtualServerLoad } from '../../../src/model/traffic.ts';
import { STATUS, WITHDRAWN } from '../http/status.ts';
import { endpoint, HTTP, service, SETTINGS, slice, snapshot } from './cluster.ts';

const KEY = 'tcp/10.99.66.10:80';
const HELD: VirtualServerLoad = {
  ...NO_LOAD,
  active: 3,
  realServers: [{ address: '10.1.0.101', port: 8080, weight: 1, active: 3, inactive: 1 }],
};
const held = (load: VirtualServerLoad | undefined = HELD, key = KEY): Traffic => ({
  known: true,
  at: 0,
  total: NO_LOAD,
  virtualServers: load === undefined ? {} : { [key]: load },
});
const NOT_HELD: Traffic = { known: true, at: 0, total: NO_LOAD, virtualServers: {} };

interface Case {
  readonly fields?: Partial<Service>;
  readonly slices?: readonly EndpointSlice[];
  readonly settings?: Partial<DesiredSettings>;
  readonly status?: Partial<Status>;
  readonly traffic?: Traffic;
  readonly zone?: string;
}

function explained({ fields, settings, slices = [slice()], status, traffic = held(), zone }: Case = {}): Explanation {
  const one = service(fields);
  const known = {
    snapshot: snapshot([one], slices, { zone }),
    settings: { ...SETTINGS, ...settings },
    status: { ...STATUS, ...status },
  };
  return explainService('shop/web', 'shop/web', one, known, traffic);
}

test('a Service that is served is told with all that serves it', () => {
  expect(explained()).toStrictEqual({
    query: 'shop/web',
    service: 'shop/web',
    others: [],
    verdict: 'served',
    why: 'each of its virtual servers takes connections',
    addresses: [
      {
        address: '10.99.66.10',
        kinds: ['clusterIPs'],
        refused: undefined,
        announced: { prefix: '10.99.66.0/23', state: 'announced', told: 1, peers: 2 },
      },
    ],
    virtualServers: [
      {
        key: KEY,
        protocol: 'tcp',
        address: '10.99.66.10',
        port: 80,
        name: 'http',
        policy: 'cluster',
        lack: undefined,
        inKernel: true,
        load: HELD,
        endpoints: [
          {
            endpoint: '10.1.0.101:8080',
            state: {
              ready: true,
              serving: true,
              terminating: false,
              nodeName: undefined,
              forZones: [],
              forNodes: [],
            },
            use: 'takes',
            why: 'ready',
            held: HELD.realServers?.[0],
          },
        ],
      },
    ],
    skipped: [],
  });
});

test.each<[string, Case, string, RegExp]>([
  ['has no endpoint', { slices: [], traffic: NOT_HELD }, 'not-served', /^tcp\/10\.99\.66\.10:80: no-endpoints$/],
  [
    'has its pods on other nodes alone',
    { fields: { internalTrafficPolicy: 'local' }, traffic: NOT_HELD },
    'not-served',
    /: no-local-endpoints$/,
  ],
  [
    'is outside the ranges',
    { fields: { clusterIPs: ['10.0.0.9'] } },
    'not-served',
    /10\.0\.0\.9 is in none.*\(outside-ranges\)$/,
  ],
  [
    'is of a family that is not served',
    { fields: { clusterIPs: ['fd99::9'] } },
    'not-served',
    /\(family-not-served\)$/,
  ],
  ['is headless', { fields: { excluded: 'headless', clusterIPs: [] } }, 'not-served', /: headless$/],
  ['has no address', { fields: { clusterIPs: [] } }, 'not-served', /^it has no address$/],
  ['has no port', { fields: { ports: [] } }, 'not-served', /^it has no port$/],
  ['is not in the kernel', { traffic: NOT_HELD }, 'not-served', /is not in the kernel$/],
  ['is behind a kernel that is not read', { traffic: UNREAD }, 'served', /each of its/],
  ['is on a node that announces nothing', { status: WITHDRAWN }, 'not-announced', /withdrawn: probe-failed$/],
  [
    'has an address that nobody announces',
    {
      fields: { clusterIPs: [], externalIPs: ['192.0.2.9'] },
      settings: { externalIPs: ['192.0.2.0/24'] },
      traffic: UNREAD,
    },
    'not-announced',
    /none of its addresses is announced$/,
  ],
  [
    'has a port without an endpoint',
    { fields: { ports: [HTTP, { name: 'admin', protocol: 'tcp', port: 81 }] } },
    'partly-served',
    /^1 of 2 virtual servers: tcp\/10\.99\.66\.10:81: no-endpoints$/,
  ],
])('of one that %s it is said', (_, given, verdict, why) => {
  const found = explained(given);
  expect(found.verdict).toBe(verdict);
  expect(found.why).toMatch(why);
});

describe('the addresses', () => {
  test('are told one by one: those that are served with what announces them, the others with why not', () => {
    const fields = { externalIPs: ['192.0.2.9', '198.51.100.1'], loadBalancerIPs: ['192.0.2.9'] };
    const settings = {
      externalIPs: ['192.0.2.0/24'],
      loadBalancerIPs: ['192.0.2.0/24'],
      announcedKinds: new Set(['loadBalancerIPs'] as const),
    };
    const peers = STATUS.peers.map((peer) => ({ ...peer, advertised: ['192.0.2.9/32'] }));
    const [cluster, both, refused] = explained({ fields, settings, status: { peers } }).addresses;
    expect(cluster?.announced).toMatchObject({ prefix: '10.99.66.0/23', told: 0 });
    expect(both).toMatchObject({
      kinds: ['externalIPs', 'loadBalancerIPs'],
      announced: { prefix: '192.0.2.9/32', state: 'announced', told: 2, peers: 2 },
    });
    expect(refused).toMatchObject({
      address: '198.51.100.1',
      refused: { reason: 'external-ip-not-allowed' },
      announced: undefined,
    });
  });

  test('of an IPv6 range without a next hop are not announced', () => {
    const conditions = [{ code: 'next-hop-missing', detail: '' }] as const;
    const six = {
      fields: { clusterIPs: ['fd99:66::10'] },
      settings: { ranges: ['fd99:66::/112'] },
      status: { conditions },
    };
    const [one] = explained({ ...six, slices: [slice({ family: 'ipv6' })], traffic: UNREAD }).addresses;
    expect(one?.announced).toMatchObject({ prefix: 'fd99:66::/112', state: 'withdrawn' });
  });
});

test('what is left out of it, of its ports and of its slices is in it, and of nothing else', () => {
  const skipped = ['Service shop/web', 'Service shop/web port ""', 'EndpointSlice shop/web-x1 port ""'].map(
    (object) => ({ object, reason: 'port-invalid', detail: '' }) as const,
  );
  const others = ['Service shop/web2', 'EndpointSlice shop/web-x11', 'Service shop/we'].map(
    (object) => ({ object, reason: 'port-invalid', detail: '' }) as const,
  );
  expect(explained({ status: { skipped: [...skipped, ...others] } }).skipped).toStrictEqual(skipped);
});

test('a port that another Service has is not served for this one, whoever the kernel serves there', () => {
  const skipped = [
    { object: 'Service shop/web', reason: 'port-conflict', detail: `${KEY} belongs to Service shop/old` },
  ] as const;
  expect(explained({ status: { skipped } })).toMatchObject({
    verdict: 'not-served',
    virtualServers: [{ lack: 'port-conflict', inKernel: true }],
  });
});

const usesOf = (given: Case): Record<string, string> =>
  Object.fromEntries(
    explained(given).virtualServers[0]?.endpoints.map((one) => [one.endpoint, `${one.use}: ${one.why}`]) ?? [],
  );
const sliceOf = (...endpoints: ReturnType<typeof endpoint>[]): EndpointSlice[] => [slice({ endpoints })];

describe('the endpoints', () => {
  const notReady = { ready: false, serving: false };

  test('are told with what each is used for and by which rule', () => {
    const slices = sliceOf(
      endpoint('10.1.0.101'),
      endpoint('10.1.0.102', notReady),
      endpoint('10.1.0.103', { ready: false, terminating: true }),
    );
    expect(usesOf({ slices })).toStrictEqual({
      '10.1.0.101:8080': 'takes: ready',
      '10.1.0.102:8080': 'drains: not ready: keeps what it has',
      '10.1.0.103:8080': 'drains: terminates: keeps what it has',
    });
  });

  test('that end take connections where none is ready', () => {
    const slices = sliceOf(endpoint('10.1.0.103', { ready: false, terminating: true }));
    expect(usesOf({ slices })['10.1.0.103:8080']).toBe('takes: terminates and still serves, and none is ready');
  });

  test('on another node are unused under a Local policy', () => {
    const slices = sliceOf(endpoint('10.1.0.101', { nodeName: 'lb-1' }), endpoint('10.1.0.102', { nodeName: 'n2' }));
    expect(usesOf({ fields: { internalTrafficPolicy: 'local' }, slices })).toStrictEqual({
      '10.1.0.101:8080': 'takes: ready',
      '10.1.0.102:8080': 'unused: runs on n2, and the traffic policy is Local',
    });
  });

  test('that are meant for another zone are unused', () => {
    const slices = sliceOf(
      endpoint('10.1.0.101', { forZones: ['a'] }),
      endpoint('10.1.0.102', { forZones: ['b', 'c'] }),
    );
    const settings = { topologyHints: 'honour' } as const;
    expect(usesOf({ slices, settings, zone: 'a' })['10.1.0.102:8080']).toBe('unused: its hint is for zones b, c');
  });

  test('over UDP drop what they have', () => {
    const dns = { ...HTTP, protocol: 'udp' as const };
    const ports = [{ ...dns, port: 8080 }];
    const slices = [slice({ ports, endpoints: [endpoint('10.1.0.101', notReady)] })];
    expect(usesOf({ fields: { ports: [dns] }, slices })['10.1.0.101:8080']).toMatch(/^unused: not ready, and what/);
  });

  test('that are gone are told while the kernel holds them', () => {
    const realServers = [{ address: '10.1.0.200', port: 8080, weight: 0, active: 1, inactive: 0 }];
    expect(usesOf({ traffic: held({ ...HELD, realServers }) })['10.1.0.200:8080']).toBe(
      'drains: in no EndpointSlice any more, and still in the kernel',
    );
  });
});

test('the keys are those of each served address and port', () => {
  const one = service({
    clusterIPs: ['10.99.66.10', '10.0.0.1'],
    ports: [HTTP, { ...HTTP, protocol: 'udp', name: 'u' }],
  });
  expect(keysOf(one, SETTINGS)).toStrictEqual([KEY, 'udp/10.99.66.10:80']);
});
