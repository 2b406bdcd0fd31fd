import type { Status } from '../../../../src/model/status.ts';
import type { Traffic } from '../../../../src/model/traffic.ts';
import { STATUS, WITHDRAWN } from '../status.ts';

/** A status in which everything that the page can show is there. */
export const EVERYTHING: Status = {
  ...WITHDRAWN,
  handOverUntil: WITHDRAWN.at + 60_000,
  announcedAddresses: 3,
  serviceCidrs: { objects: { kubernetes: ['10.99.66.0/23'] }, synced: true, problem: 'forbidden' },
  conditions: [...STATUS.conditions, ...WITHDRAWN.conditions],
  source: { ...STATUS.source, server: '10.22.108.50', problem: 'connection refused' },
};

/** The same with a text in every place where others have a say: the cluster, the switch, the configuration, the kernel. */
export function withTexts(text: (was: string) => string): Status {
  const { checks, conditions, counts, drain, history, peers, skipped, virtualServers } = EVERYTHING;
  const keys = (counted: Readonly<Record<string, number>>) =>
    Object.fromEntries(Object.entries(counted).map(([key, value]) => [text(key), value]));
  return {
    ...EVERYTHING,
    node: text('lb-1'),
    version: text('0.1.0'),
    ranges: [text('10.99.66.0/23'), text('fd99:66::/112')],
    announcement: { state: 'withdrawn', since: 1_700_000_040_000, reason: 'probe-failed', detail: text('timed-out') },
    history: history.map((one) => (one.state === 'announced' ? one : { ...one, detail: text(one.detail) })),
    drain: drain && { ...drain, by: [text('order')], waiting: text('connections') },
    serviceCidrs: { objects: { [text('kubernetes')]: [text('10.0.0.0/8')] }, synced: true, problem: text('forbidden') },
    conditions: conditions.map((condition) => ({ ...condition, detail: text(condition.detail) })),
    checks: checks.map((check) => ({
      ...check,
      name: text(check.name),
      detail: text(check.detail),
      broken: text('no descriptor'),
    })),
    census: {
      known: false,
      why: text('no answer'),
      last: { at: EVERYTHING.at, others: [{ node: text('lb-2'), state: 'announced', faults: [] }] },
    },
    peers: peers.map((peer) => ({
      ...peer,
      address: text(peer.address),
      advertised: [...peer.advertised, text('10.99.66.0/23')],
      accepted: [text('0.0.0.0/0')],
      lastError: text('hold timer expired'),
    })),
    gobgpdApi: text('v4'),
    source: { ...EVERYTHING.source, server: text('10.22.108.50'), problem: text('connection refused') },
    virtualServers: virtualServers.map((server) => ({
      ...server,
      address: text(server.address),
      scheduler: text(server.scheduler),
      realServers: server.realServers.map((real) => ({ ...real, address: text(real.address) })),
    })),
    skipped: skipped.map((one) => ({ ...one, object: text(one.object), detail: text(one.detail) })),
    counts: {
      ...counts,
      kernelChanges: keys(counts.kernelChanges),
      drift: keys(counts.drift),
      sessionsLost: keys(counts.sessionsLost),
    },
  };
}

/** No traffic is known, and a text says why. */
export const trafficWith = (why: string): Traffic => ({ known: false, why });
