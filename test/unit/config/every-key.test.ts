import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseConfig } from '../../../src/config/parse.ts';
import { configReference } from '../../../src/config/reference.ts';
import { EVERY_KEY } from './file-with.ts';

/** Each has a place of its own, in the other half of a choice. */
const ELSEWHERE = new Set([
  'source.kubernetes.kubeconfig',
  'source.kubernetes.lostAfter',
  'bgp.peers[].attributes.localPref',
]);

test('a file may set every key', () => {
  const keys = new Set(configReference().map(({ key }) => key));
  const missing = keys.difference(new Set(keysIn(parse(EVERY_KEY), ''))).difference(ELSEWHERE);
  expect([...missing]).toStrictEqual([]);
  const { config, problems } = parseConfig(EVERY_KEY, 'lb-1');
  expect(problems).toBeUndefined();
  expect(config).toMatchObject({
    source: { kind: 'manifests', directory: '/etc/fairlead/manifests' },
    ranges: ['10.99.66.0/23', 'fd99:66::/112'],
    dataplane: {
      mode: 'none',
      scheduling: { scheduler: 'mh', flags: ['fallback', 'port'] },
      externalIPs: ['192.0.2.0/24', '2001:db8::/64'],
      loadBalancerIPs: ['192.0.2.128/25'],
      topologyHints: 'honour',
      drainMs: 0,
      mssClamp: 1400,
      firewall: 'iptables',
      auditMs: 60_000,
    },
    health: { intervalMs: 2000, fastIntervalMs: 100, timeoutMs: 2000, rise: 1, fall: 5, splayMs: 0 },
    announcement: {
      holdDownMs: 0,
      maxHoldDownMs: 60_000,
      minimumAnnouncers: 0,
      stopWaitMs: 500,
      drain: {
        timeoutMs: 60_000,
        settleMs: 0,
        excludeLabel: 'honour',
        taints: ['ToBeDeletedByClusterAutoscaler'],
        maxDraining: 0,
      },
    },
    cluster: { namespace: 'lb', leaseDurationMs: 60_000 },
    deadman: {
      socket: '/tmp/d.sock',
      crash: { deprioritiseMs: 0, withdrawMs: 3_600_000 },
      hang: { deprioritiseMs: 500, withdrawMs: 500 },
    },
    http: { socket: '/tmp/a.sock', address: '[::1]:80', metricsPort: 9467 },
  });
});

test('what paths carry is worked out for each range and for single addresses: the own key, else the one for all', () => {
  expect(parseConfig(EVERY_KEY, 'lb-1').config?.announcement).toMatchObject({
    attributes: {
      '10.99.66.0/23': {
        communities: ['64512:100'],
        largeCommunities: ['4200000000:1:2'],
        med: 50,
        localPref: 150,
        prepend: 2,
      },
      'fd99:66::/112': {
        communities: ['64512:600'],
        largeCommunities: ['64512:6:0'],
        med: 0,
        localPref: 200,
      },
    },
    services: {
      externalIPs: true,
      loadBalancerIPs: true,
      attributes: { communities: [], med: 7, localPref: 90, prepend: 1 },
    },
    deprioritised: {
      med: 500,
      prepend: 1,
      localPref: 10,
      communities: ['64512:666', '65535:0'],
      largeCommunities: ['64512:0:666'],
    },
    weight: [
      { nodes: { names: ['lb-1', 'lb-2'], labels: {} }, weight: 25 },
      { nodes: { names: [], labels: { role: 'lb', 'topology.kubernetes.io/rack': 'r7' } }, weight: 40 },
      { nodes: undefined, weight: 'capacity' },
    ],
  });
});

test('a session is as it is written, and what is not written is absent', () => {
  const rest = {
    nodes: undefined,
    port: 179,
    families: undefined,
    holdTimeSeconds: 9,
    keepaliveSeconds: 3,
    connectRetrySeconds: 1,
    passive: false,
    passwordFile: undefined,
    ttlSecurity: false,
  };
  expect(parseConfig(EVERY_KEY, 'lb-1').config?.bgp).toStrictEqual({
    gobgp: '10.22.108.100:50051',
    tls: { ca: '/tls/ca.pem', cert: '/tls/tls.crt', key: '/tls/tls.key', serverName: 'gobgp.example.org' },
    localAs: 4_200_000_000,
    routerId: '10.22.108.100',
    nextHopIPv4: '10.22.108.50',
    nextHopIPv6: 'fd00:22:108::50',
    listenAddresses: ['127.0.0.9', 'fd00:22:108::100'],
    listenPort: 1790,
    accept: ['0.0.0.0/0', '::/0'],
    peers: [
      {
        place: { kind: 'address', address: 'fd00:22:108::1' },
        as: 64500,
        port: 1791,
        nodes: { names: ['lb-1'], labels: { role: 'lb' } },
        families: ['ipv6', 'ipv4'],
        holdTimeSeconds: 3,
        keepaliveSeconds: 1,
        connectRetrySeconds: 5,
        passive: true,
        localAddress: 'fd00:22:108::100',
        passwordFile: '/secrets/leaf1',
        ttlSecurity: true,
        bfd: { intervalMs: 300, multiplier: 3 },
        onTop: {
          communities: ['64500:1'],
          largeCommunities: ['64500:1:1'],
          med: 10,
          prepend: 3,
          localPref: undefined,
        },
      },
      {
        ...rest,
        place: { kind: 'gateway', family: 'ipv4', interface: 'bond0.108' },
        as: 64501,
        bfd: { intervalMs: 50, multiplier: 5 },
      },
      {
        ...rest,
        place: { kind: 'address', address: '192.168.7.7' },
        as: 64502,
        multihopTtl: 5,
        gracefulRestart: { restartTimeSeconds: 15 },
      },
      {
        ...rest,
        place: { kind: 'address', address: '10.22.108.2' },
        as: 64503,
        bfd: { intervalMs: 100, multiplier: 3 },
      },
    ],
  });
});

/** The keys of a file, in the way the schema's are named. */
function keysIn(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return [path, ...value.flatMap((element) => keysIn(element, `${path}[]`))];
  if (typeof value !== 'object' || value === null) return [path];
  const inside = Object.entries(value).flatMap(([key, below]) => keysIn(below, path === '' ? key : `${path}.${key}`));
  return [path, ...inside];
}
