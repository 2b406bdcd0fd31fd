import type { Announcer } from '../../src/model/census.ts';
import type { Status } from '../../src/model/status.ts';
import { addLoads, NO_LOAD, type Traffic, type VirtualServerLoad } from '../../src/model/traffic.ts';
import { type VirtualServer, type VirtualServerKey, virtualServerKey } from '../../src/model/virtual-server.ts';
import { STATUS } from '../unit/http/status.ts';

const MINUTE = 60_000;

const peers: Status['peers'] = ['10.22.108.2', '10.22.108.3'].map((address) => ({
  address,
  as: 64_500,
  state: 'established',
  advertised: ['10.99.66.0/23', 'fd99:66::/112'],
  accepted: ['0.0.0.0/0'],
  bfd: 'up',
}));

const virtualServer = (index: number): VirtualServer => ({
  protocol: index % 7 === 3 ? 'udp' : 'tcp',
  address: `10.99.${66 + Math.floor(index / 250)}.${1 + (index % 250)}`,
  port: [80, 443, 53, 5432, 8080][index % 5] ?? 80,
  scheduler: index % 4 === 0 ? 'mh' : 'rr',
  schedulerFlags: index % 4 === 0 ? ['port'] : [],
  persistenceSeconds: index % 9 === 0 ? 10_800 : 0,
  realServers: Array.from({ length: 1 + ((index * 5) % 11) }, (_, pod) => ({
    address: `10.1.${(index + pod) % 40}.${10 + pod}`,
    port: 8080,
    weight: pod === 3 ? 0 : 1,
  })),
});

const others = (...states: readonly Announcer['state'][]): Announcer[] =>
  states.map((state, index) => ({
    node: `lb-${index + 2}`,
    state,
    faults: state === 'announced' ? [] : ['uplink-down'],
  }));

/** A node that has announced for hours, with a little of a past. */
export function healthy(at: number): Status {
  return {
    ...STATUS,
    at,
    startedAt: at - 200 * MINUTE,
    ranges: ['10.99.66.0/23', 'fd99:66::/112'],
    announcement: { state: 'announced', since: at - 95 * MINUTE },
    history: [
      { state: 'withdrawn', since: at - 200 * MINUTE, reason: 'starting', detail: 'nothing is proven yet' },
      { state: 'announced', since: at - 199 * MINUTE },
      {
        state: 'deprioritised',
        since: at - 108 * MINUTE,
        reason: 'uplink-down',
        detail: 'eth1, which leads to 10.22.108.3, has no carrier',
      },
      {
        state: 'withdrawn',
        since: at - 107 * MINUTE,
        reason: 'uplink-down',
        detail: 'eth1, which leads to 10.22.108.3, has no carrier',
      },
      { state: 'withdrawn', since: at - 96 * MINUTE, reason: 'held-down', detail: '10 s are left' },
    ],
    announcedAddresses: 2,
    conditions: [],
    checks: ['sysctl', 'filter', 'snat', 'ipvs', 'vip', 'probe', 'uplink', 'conntrack'].map((name) => ({
      name,
      health: 'healthy',
      detail: name === 'probe' ? '3 of 3 virtual servers answered' : 'in place',
      streak: 900,
    })),
    census: { known: true, confirmed: true, turns: [], others: others('announced', 'announced') },
    peers,
    source: {
      kind: 'kubernetes',
      synced: true,
      lastContactAt: at - 2000,
      problem: undefined,
      services: 42,
      slices: 51,
      server: '10.22.108.50',
    },
    virtualServers: Array.from({ length: 12 }, (_, index) => virtualServer(index)),
    canaries: [],
    skipped: [
      { object: 'Service default/db', reason: 'no-endpoints', detail: 'port 5432/tcp has no EndpointSlice' },
      { object: 'Service kube-system/metrics', reason: 'headless', detail: 'clusterIP is None' },
    ],
  };
}

/** A node with several faults at once, and details as long as they come. */
export function withdrawn(at: number): Status {
  const detail =
    'the virtual servers tcp/10.99.66.10:80 and tcp/[fd99:66::10]:443 do not answer: connect ETIMEDOUT within 500 ms, 3 times in a row';
  const [first, second] = peers;
  return {
    ...healthy(at),
    announcement: { state: 'withdrawn', since: at - 4 * MINUTE, reason: 'probe-failed', detail },
    history: [...healthy(at).history, healthy(at).announcement],
    conditions: [
      { code: 'peer-down', detail: '10.22.108.3 is active: hold timer expired' },
      { code: 'probe-failed', detail },
      { code: 'conntrack-full', detail: '262,144 of 262,144 entries are in use' },
      {
        code: 'source-stale',
        detail: 'https://10.22.108.50:6443/api/v1/services?watch=true&resourceVersion=182736455: ECONNREFUSED',
      },
      { code: 'objects-skipped', detail: '2 objects' },
    ],
    checks: healthy(at).checks.map((check) =>
      check.name === 'probe' ? { ...check, health: 'unhealthy', detail, broken: 'EMFILE: too many open files' } : check,
    ),
    census: {
      known: false,
      why: 'leases.coordination.k8s.io is forbidden: User "system:serviceaccount:fairlead:fairlead" cannot list resource "leases"',
      last: { at: at - 3 * MINUTE, others: others('announced', 'deprioritised', 'announced') },
    },
    peers: [
      ...(first ? [{ ...first, advertised: [] }] : []),
      ...(second
        ? [
            {
              ...second,
              state: 'active' as const,
              bfd: 'down' as const,
              advertised: [],
              lastError: 'hold timer expired',
            },
          ]
        : []),
    ],
    source: {
      ...healthy(at).source,
      problem: 'connect ECONNREFUSED 10.22.108.50:6443',
      lastContactAt: at - 6 * MINUTE,
    },
  };
}

export function draining(at: number): Status {
  return {
    ...healthy(at),
    announcement: { state: 'deprioritised', since: at - 20_000, reason: 'draining', detail: 'asked for by order' },
    history: [...healthy(at).history, healthy(at).announcement],
    drain: {
      stage: 'deprioritised',
      by: ['order', 'annotation fairlead.io/drain'],
      startedAt: at - 20_000,
      since: at - 20_000,
      deadline: at + 100_000,
      connections: 1834,
      silent: false,
      waiting: 'traffic to go elsewhere',
      turn: { step: 'drains', number: 1 },
      took: { waiting: 4000 },
    },
    census: {
      known: true,
      confirmed: true,
      turns: [{ node: 'lb-9', step: 'waits', number: 2 }],
      others: others('announced', 'deprioritised'),
    },
  };
}

/** A large cluster with many switches and many nodes, whose names are long. */
export function large(at: number): Status {
  const [peer] = peers;
  return {
    ...healthy(at),
    node: 'lb-node-01.rack-17.row-b.datacenter-frankfurt.example.internal',
    peers: peer
      ? Array.from({ length: 6 }, (_, n) => ({ ...peer, address: `2001:db8:${n}::ffff:ffff:ffff:fffe` }))
      : [],
    census: {
      known: true,
      confirmed: true,
      turns: [],
      others: others('announced', 'announced', 'withdrawn', 'announced', 'deprioritised', 'announced').map((one) => ({
        ...one,
        node: `${one.node}.rack-17.row-b.datacenter-frankfurt.example.internal`,
      })),
    },
    virtualServers: Array.from({ length: 3000 }, (_, index) => virtualServer(index)),
  };
}

/** Traffic of a working day: a few virtual servers have most of it. @param of those that are asked for by name */
export function trafficOf({ virtualServers }: Status, of?: readonly VirtualServerKey[]): Traffic {
  const loads = virtualServers.map(
    (server, index) => [virtualServerKey(server), loadOf(server, (index * 37) % 101)] as const,
  );
  const asked = loads.filter(([key]) => of === undefined || of.includes(key));
  return {
    known: true,
    at: 0,
    total: loads.map(([, load]) => load).reduce(addLoads, NO_LOAD),
    virtualServers: Object.fromEntries(asked),
  };
}

function loadOf({ realServers }: VirtualServer, rank: number): VirtualServerLoad {
  const active = Math.floor(24_000 / (rank + 2) ** 2);
  const each = Math.floor(active / realServers.length);
  return {
    active: each * realServers.length,
    inactive: 0,
    opened: active * 100,
    perSecond: {
      connections: active / 9.7,
      packetsIn: active * 3,
      packetsOut: active * 4,
      bytesIn: active * 1730,
      bytesOut: active * 21_300,
    },
    realServers: realServers.map((real) => ({ ...real, active: each, inactive: 0 })),
  };
}
