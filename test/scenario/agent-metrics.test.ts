import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ALERTS } from '../../docs/prometheus-rule.ts';
import { CHECKOUT } from '../../lab/machine/place.ts';
import { Tally } from '../../src/agent/tally.ts';
import { serveHttp } from '../../src/http/server.ts';
import type { Counts } from '../../src/model/status.ts';
import { eventually, Rig, service, slice, WEB } from './agent-rig.ts';
import { UNREAD } from '../../src/model/traffic.ts';
import { QUERIES } from '../unit/prometheus/dashboard.ts';
import { exportedIn, missingIn } from '../unit/prometheus/exported.ts';
import { promtool, withoutPromtool } from '../unit/prometheus/promtool.ts';
import { gobgpdForEach } from './gobgpd-for-each.ts';
import { freePort, Prometheus, withoutPrometheus } from './prometheus.ts';

const gobgpd = gobgpdForEach();

const seen = ({ programming }: Counts): number => programming.counts.reduce((sum, count) => sum + count, 0);

describe('what an agent counts', () => {
  test('the first reading is no event, and each change after it is one that is timed', async () => {
    await using rig = await Rig.start({ target: gobgpd().target, files: { 'web.yaml': WEB } });
    await rig.reaches('announced');
    expect(seen(rig.status.counts)).toBe(0);
    await rig.write('api.yaml', service('api', '10.99.66.11') + slice('api'));
    await eventually(() => expect(rig.kernel.table.has('tcp/10.99.66.11:80')).toBe(true));
    await eventually(() => expect(seen(rig.status.counts)).toBe(1));
    expect(rig.status.counts.programming.sum).toBeGreaterThan(0);
    await rig.write('notes.yaml', '# nothing that the kernel would have to know\n');
    await rig.write('web.yaml', `${WEB}# nor this\n`);
    const { passes } = rig.kernel;
    await eventually(() => expect(rig.kernel.passes).toBeGreaterThan(passes + 3));
    expect(seen(rig.status.counts)).toBe(1);
  });

  test('what could not be written is an error and has no time', async () => {
    await using rig = await Rig.start({ target: gobgpd().target, files: { 'web.yaml': WEB } });
    await rig.reaches('announced');
    rig.kernel.refuses.add('ipvs');
    await rig.write('api.yaml', service('api', '10.99.66.11') + slice('api'));
    await eventually(() => expect(rig.status.counts.kernelErrors['ipvs']).toBeGreaterThan(0));
    expect(seen(rig.status.counts)).toBe(0);
  });

  test('goes on from where it was when another agent of the process takes over', async () => {
    const tally = new Tally();
    const options = { target: gobgpd().target, files: { 'web.yaml': WEB }, tally };
    await using first = await Rig.start(options);
    await first.reaches('announced');
    await first.write('api.yaml', service('api', '10.99.66.11') + slice('api'));
    await eventually(() => expect(seen(first.status.counts)).toBe(1));
    await first.handOver();
    const before = first.status.counts;
    await using second = await Rig.start(options);
    await second.reaches('announced');
    const now = second.status.counts;
    expect(now.transitions).toStrictEqual([{ from: 'withdrawn', to: 'announced', reason: undefined, count: 2 }]);
    expect(now.checks['probe']?.good).toBeGreaterThan(before.checks['probe']?.good ?? 0);
    expect(now.kernelChanges['ipvs']).toBeGreaterThan(before.kernelChanges['ipvs'] ?? 0);
    expect(seen(now)).toBe(1);
  });
});

/** What only some states of an agent have to show, or a kernel that this machine does not have. */
const RARE = new Set([
  'Why not in full',
  'Reasons',
  'Transitions',
  'Conditions',
  'Drains',
  'Connections of nodes that drain',
  'BFD',
  'Prefixes',
  'Sessions lost',
  'Connections',
  'Bytes',
  'Conntrack',
  'Drift',
  'Left out',
  'Runs that were not good',
  'From a change to the kernel, quantiles',
]);

const onFailure = (error: unknown): void => expect.unreachable(String(error));

describe.skipIf(withoutPrometheus)(withoutPrometheus ?? 'a Prometheus', () => {
  test('asks an agent, works out every rule and every query of the dashboard, and raises what is due', async () => {
    await using rig = await Rig.start({ target: gobgpd().target, files: { 'web.yaml': WEB } });
    await rig.reaches('announced');
    const folder = await mkdtemp(join(tmpdir(), 'fairlead-metrics-'));
    const [loopback, port] = [await freePort(), await freePort()];
    const orders = { drain: () => undefined, undrain: () => undefined, handOver: () => undefined };
    const parts = {
      status: () => rig.status,
      stuck: () => undefined,
      orders,
      traffic: async () => UNREAD,
      explain: () => expect.unreachable('nobody asks for it'),
    };
    const open = { host: '127.0.0.1', port, onFailure };
    const close = await serveHttp(parts, join(folder, 'agent.sock'), `127.0.0.1:${loopback}`, open);
    try {
      await using prometheus = await Prometheus.start(`127.0.0.1:${port}`, join(CHECKOUT, ALERTS));
      await eventually(async () => expect(await prometheus.count('up == 1')).toBe(1));
      // Rates need two scrapes.
      await eventually(async () =>
        expect(await prometheus.count('count_over_time(fairlead_announced[5m]) > 2')).toBe(1),
      );
      const silent = [];
      for (const { expr, title } of QUERIES) if ((await prometheus.count(expr)) === 0) silent.push(title);
      expect(silent.filter((title) => !RARE.has(title))).toStrictEqual([]);
      await eventually(async () => {
        const { groups } = (await prometheus.ask('rules')) as Groups;
        const rules = groups.flatMap(({ rules: some }) => some);
        expect(rules.length).toBeGreaterThan(20);
        expect(rules.filter(({ health }) => health !== 'ok')).toStrictEqual([]);
      });
      // Of one lb node, and of a peer that is not there, it has something to say in a while.
      await eventually(async () =>
        expect(await prometheus.count('ALERTS{alertname=~"FairleadRangeOneAnnouncer|FairleadPeerDown"}')).toBe(2),
      );
      expect(await prometheus.count('ALERTS{alertstate="firing"}')).toBe(0);
    } finally {
      close();
      await rm(folder, { recursive: true });
    }
  });
});

interface Groups {
  readonly groups: readonly { readonly rules: readonly { readonly name: string; readonly health: string }[] }[];
}

test.skipIf(withoutPromtool)(withoutPromtool ?? 'a real agent exports all that the dashboard asks for', async () => {
  await using rig = await Rig.start({ target: gobgpd().target, files: { 'web.yaml': WEB } });
  await rig.reaches('announced');
  const text = await rig.metrics();
  expect(promtool(['check', 'metrics'], text)).toBe('');
  const exported = exportedIn([text]);
  const absent = QUERIES.flatMap(({ expr }) => missingIn(expr, exported)).filter((name) => /^\w+$/.test(name));
  expect(absent.filter((name) => name.includes('_'))).toStrictEqual([]);
});
