import { emptyHistogram, observed } from '../../../src/model/histogram.ts';
import type { Status } from '../../../src/model/status.ts';

/** A made-up status: an announced node with one of everything. */
export const STATUS: Status = {
  node: 'lb-1',
  version: '0.1.0',
  at: 1_700_000_100_000,
  startedAt: 1_700_000_000_000,
  ranges: ['10.99.66.0/23'],
  config: { hash: '0123', loadedAt: 1_700_000_020_000, problems: [], needsRestart: [] },
  announcement: { state: 'announced', since: 1_700_000_010_000 },
  history: [
    { state: 'withdrawn', since: 1_700_000_000_000, reason: 'starting', detail: 'nothing is proven yet' },
    { state: 'deprioritised', since: 1_700_000_005_000, reason: 'probe-failed', detail: 'timed-out' },
  ],
  flaps: 1,
  announcedAddresses: 0,
  drain: undefined,
  conditions: [{ code: 'peer-down', detail: '10.22.108.2 is active' }],
  checks: [
    {
      name: 'ipvs',
      health: 'healthy',
      detail: 'in place',
      streak: 9,
    },
    { name: 'probe', health: 'undecided', detail: 'not run yet', streak: 0 },
  ],
  census: {
    known: true,
    turns: [],
    confirmed: true,
    others: [
      { node: 'lb-3', state: 'deprioritised', faults: ['probe-failed'] },
      { node: 'lb-2', state: 'announced', faults: [] },
    ],
  },
  peers: [
    {
      address: '10.22.108.1',
      as: 64500,
      state: 'established',
      advertised: ['10.99.66.0/23'],
      accepted: ['0.0.0.0/0'],
      bfd: 'up',
      since: 1_700_000_005_000,
    },
    {
      address: '10.22.108.2',
      as: 64500,
      state: 'active',
      advertised: [],
      accepted: [],
      bfd: 'down',
      lastError: 'hold timer expired',
    },
  ],
  gobgpdApi: 'v4',
  source: {
    kind: 'manifests',
    synced: true,
    lastContactAt: 1_700_000_099_000,
    problem: undefined,
    services: 2,
    slices: 1,
  },
  virtualServers: [
    {
      protocol: 'tcp',
      address: '10.99.66.0',
      port: 9,
      scheduler: 'rr',
      schedulerFlags: [],
      persistenceSeconds: 0,
      realServers: [{ address: '169.254.77.6', port: 40_000, weight: 1 }],
    },
    {
      protocol: 'tcp',
      address: '10.99.66.10',
      port: 80,
      scheduler: 'rr',
      schedulerFlags: [],
      persistenceSeconds: 0,
      realServers: [
        { address: '10.1.0.101', port: 8080, weight: 1 },
        { address: '10.1.0.102', port: 8080, weight: 0 },
      ],
    },
  ],
  canaries: ['tcp/10.99.66.0:9'],
  skipped: [{ object: 'Service default/db', reason: 'no-endpoints', detail: 'port 5432/tcp has no EndpointSlice' }],
  counts: {
    transitions: [
      { from: 'withdrawn', to: 'announced', reason: undefined, count: 4 },
      { from: 'announced', to: 'withdrawn', reason: 'probe-failed', count: 3 },
    ],
    kernelChanges: { ipvs: 7, snat: 1 },
    kernelErrors: { ipvs: 2, snat: 0 },
    drift: { 'real-server-missing': 3 },
    sessionsLost: { '10.22.108.1': 2, '10.22.108.2': 0 },
    checks: { ipvs: { good: 9, bad: 1, broken: 0, took: observed(emptyHistogram([0.01, 0.1]), 0.012) } },
    programming: observed(observed(emptyHistogram([0.001, 0.01]), 0.0005), 2),
  },
};

export const WITHDRAWN: Status = {
  ...STATUS,
  announcement: {
    state: 'withdrawn',
    since: 1_700_000_040_000,
    reason: 'probe-failed',
    detail: '10.99.66.10:80 timed-out',
  },
  drain: {
    stage: 'withdrawn',
    by: ['order'],
    startedAt: 1_700_000_030_000,
    since: 1_700_000_040_000,
    deadline: 1_700_000_330_000,
    connections: 3,
    silent: false,
    waiting: '3 connections to end',
    turn: { step: 'drains', number: 1 },
    took: { deprioritised: 10_000 },
  },
  conditions: [{ code: 'probe-failed', detail: '10.99.66.10:80 timed-out' }],
};
