import { describe, expect, test } from 'vitest';
import { renderMetrics } from '../../../src/http/metrics/metrics.ts';
import { CONDITIONS } from '../../../src/model/condition.ts';
import type { Status } from '../../../src/model/status.ts';
import { READING } from './reading.ts';
import { STATUS, WITHDRAWN } from './status.ts';

/** The samples of Prometheus' text format by name and labels; throws on a line that is none. */
function parse(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const label = '[a-z_]+="(?:[^"\\\\]|\\\\.)*"';
      const [, name = '', value = ''] =
        new RegExp(`^([a-z_]+(?:\\{${label}(?:,${label})*\\})?) (-?[\\d.e+]+|NaN)$`).exec(line) ?? [];
      if (name === '') throw new Error(`expected a sample, found ${line}`);
      return [name, Number(value)];
    }),
  );
}

const samplesOf = async (status: Status): Promise<Map<string, number>> => parse(await renderMetrics(status, READING));

describe('the metrics', () => {
  test('count the single addresses that are announced', async () => {
    const samples = await samplesOf({ ...STATUS, announcedAddresses: 2 });
    expect(samples.get('fairlead_announced_addresses')).toBe(2);
  });

  test.each([
    ['fairlead_build_info{version="0.1.0"}', 1],
    ['fairlead_announced{prefix="10.99.66.0/23"}', 1],
    ['fairlead_announcement_since_timestamp_seconds', 1_700_000_010],
    ['fairlead_announcement_flaps', 1],
    ['fairlead_config_last_reload_successful', 1],
    ['fairlead_config_last_reload_success_timestamp_seconds', 1_700_000_020],
    ['fairlead_config_keys_waiting_for_restart', 0],
    ['fairlead_peer_established{peer="10.22.108.1"}', 1],
    ['fairlead_peer_established{peer="10.22.108.2"}', 0],
    ['fairlead_gobgpd_api_info{version="v4"}', 1],
    ['fairlead_peer_bfd_up{peer="10.22.108.1"}', 1],
    ['fairlead_peer_bfd_up{peer="10.22.108.2"}', 0],
    ['fairlead_peer_prefixes_announced{peer="10.22.108.1"}', 1],
    ['fairlead_peer_prefixes_accepted{peer="10.22.108.1"}', 1],
    ['fairlead_peer_prefixes_accepted{peer="10.22.108.2"}', 0],
    ['fairlead_sessions_lost_total{peer="10.22.108.1"}', 2],
    ['fairlead_check_healthy{check="ipvs"}', 1],
    ['fairlead_check_healthy{check="probe"}', 0],
    ['fairlead_condition{code="peer-down"}', 1],
    ['fairlead_announcers', 1],
    ['fairlead_virtual_servers', 2],
    ['fairlead_real_servers', 3],
    ['fairlead_objects_skipped{reason="no-endpoints"}', 1],
    ['fairlead_peer_since_timestamp_seconds{peer="10.22.108.1"}', 1_700_000_005],
    ['fairlead_source_synced', 1],
    ['fairlead_source_age_seconds', 1],
    ['fairlead_start_time_seconds', 1_700_000_000],
  ])('of an announced node say %s %d', async (sample, value) => {
    expect((await samplesOf(STATUS)).get(sample)).toBe(value);
  });

  test('have a sample for every condition there is, active or not', async () => {
    const samples = await samplesOf(STATUS);
    const codes = Object.keys(CONDITIONS);
    const values = codes.map((code) => samples.get(`fairlead_condition{code="${code}"}`));
    expect(values).toStrictEqual(codes.map((code) => (code === 'peer-down' ? 1 : 0)));
  });

  test('of a withdrawn node name the reason, and only the one in force', async () => {
    const samples = await samplesOf(WITHDRAWN);
    expect(samples.get('fairlead_announced{prefix="10.99.66.0/23"}')).toBe(0);
    const reasons = [...samples].filter(([name]) => name.startsWith('fairlead_announcement_reason'));
    expect(reasons).toStrictEqual([['fairlead_announcement_reason{reason="probe-failed"}', 1]]);
    expect([...(await samplesOf(STATUS)).keys()].join()).not.toContain('announcement_reason');
  });

  test('of a drain name its stage and what it counted, and say nothing of connections without one', async () => {
    const during = await samplesOf(WITHDRAWN);
    const stages = ['deprioritised', 'withdrawn', 'drained'];
    expect(stages.map((stage) => during.get(`fairlead_drain_stage{stage="${stage}"}`))).toStrictEqual([0, 1, 0]);
    expect(during.get('fairlead_drain_connections')).toBe(3);
    const outside = await samplesOf(STATUS);
    expect(stages.map((stage) => outside.get(`fairlead_drain_stage{stage="${stage}"}`))).toStrictEqual([0, 0, 0]);
    expect(outside.has('fairlead_drain_connections')).toBe(false);
  });

  test('of a file that is bad say so, and nothing of a file that there is not', async () => {
    const config = { hash: '', loadedAt: 0, problems: ['one', 'two'], needsRestart: ['http.address'] };
    const bad = await samplesOf({ ...STATUS, config });
    expect(bad.get('fairlead_config_last_reload_successful')).toBe(0);
    expect(bad.get('fairlead_config_keys_waiting_for_restart')).toBe(1);
    const { config: _, ...without } = STATUS;
    expect([...(await samplesOf(without)).keys()].join()).not.toContain('fairlead_config');
  });

  test('do not say how many others announce while that is not known', async () => {
    const samples = await samplesOf({ ...STATUS, census: { known: false, why: 'no answer' } });
    expect([...samples.keys()]).not.toContain('fairlead_announcers');
  });

  test('of an IPv6 range without a next hop say that it is not announced', async () => {
    const status: Status = {
      ...STATUS,
      ranges: ['10.99.66.0/23', 'fd99:66::/112'],
      conditions: [{ code: 'next-hop-missing', detail: '' }],
    };
    const announced = async (part: Partial<Status>): Promise<(number | undefined)[]> => {
      const samples = await samplesOf({ ...status, ...part });
      return status.ranges.map((prefix) => samples.get(`fairlead_announced{prefix="${prefix}"}`));
    };
    expect(await announced({})).toStrictEqual([1, 0]);
    expect(await announced({ conditions: [] })).toStrictEqual([1, 1]);
    expect(await announced({ announcement: WITHDRAWN.announcement, conditions: [] })).toStrictEqual([0, 0]);
  });

  test('say nothing of BFD and of paths that nobody asked for, nor of a gobgpd that never answered', async () => {
    const peers = STATUS.peers.map(({ address, advertised, as, state }) => ({ address, advertised, as, state }));
    const names = [...(await samplesOf({ ...STATUS, peers, gobgpdApi: undefined })).keys()].join();
    for (const one of ['gobgpd_api_info', 'bfd_up', 'prefixes_accepted']) expect(names).not.toContain(one);
  });

  test('of a source that never answered have no age', async () => {
    const source = { ...STATUS.source, synced: false, lastContactAt: undefined };
    const samples = await samplesOf({ ...STATUS, source });
    expect(samples.has('fairlead_source_age_seconds')).toBe(false);
    expect(samples.get('fairlead_source_synced')).toBe(0);
  });

  test('have a help text each', async () => {
    const text = await renderMetrics(STATUS, READING);
    const helps = [...text.matchAll(/^# HELP fairlead_\w+ \S/gm)].length;
    expect(helps).toBe([...text.matchAll(/^# TYPE fairlead_\w+ (?:gauge|counter|histogram)$/gm)].length);
    expect(helps).toBeGreaterThan(10);
  });

  test('are of the moment they are asked for: a condition that is over is 0 again', async () => {
    await renderMetrics(WITHDRAWN, READING);
    expect((await samplesOf({ ...STATUS, conditions: [] })).get('fairlead_condition{code="probe-failed"}')).toBe(0);
  });
});

test.each([
  ['fairlead_announcement_transitions_total{from="announced",to="withdrawn",reason="probe-failed"}', 3],
  ['fairlead_announcement_transitions_total{from="withdrawn",to="announced",reason="none"}', 4],
  ['fairlead_kernel_changes_total{part="ipvs"}', 7],
  ['fairlead_kernel_errors_total{part="ipvs"}', 2],
  ['fairlead_drift_total{kind="real-server-missing"}', 3],
  ['fairlead_check_runs_total{check="ipvs",result="good"}', 9],
  ['fairlead_check_runs_total{check="ipvs",result="broken"}', 0],
])('what has happened since the start is counted: %s is %d', async (sample, value) => {
  expect((await samplesOf(STATUS)).get(sample)).toBe(value);
});

test('each bucket of a histogram holds those below it, and the last one everything', async () => {
  const samples = await samplesOf(STATUS);
  const programming = [...samples].filter(([name]) => name.startsWith('fairlead_programming'));
  expect(programming).toStrictEqual([
    ['fairlead_programming_duration_seconds_bucket{le="0.001"}', 1],
    ['fairlead_programming_duration_seconds_bucket{le="0.01"}', 1],
    ['fairlead_programming_duration_seconds_bucket{le="+Inf"}', 2],
    ['fairlead_programming_duration_seconds_sum', 2.0005],
    ['fairlead_programming_duration_seconds_count', 2],
  ]);
  expect(samples.get('fairlead_check_duration_seconds_bucket{check="ipvs",le="0.1"}')).toBe(1);
  expect(samples.get('fairlead_check_duration_seconds_count{check="ipvs"}')).toBe(1);
});

test('10,000 Services more are not one series more', async () => {
  const [virtualServer] = STATUS.virtualServers;
  const virtualServers = Array.from({ length: 10_000 }, () => virtualServer ?? never());
  const [skipped] = STATUS.skipped;
  const many = { ...STATUS, virtualServers, skipped: Array.from({ length: 10_000 }, () => skipped ?? never()) };
  expect([...(await samplesOf(many)).keys()]).toStrictEqual([...(await samplesOf(STATUS)).keys()]);
});

const never = (): never => {
  throw new Error('the status has one of everything');
};

describe('the metrics of the process', () => {
  test.each([
    ['process_cpu_seconds_total', 1.5],
    ['process_resident_memory_bytes', 90_000_000],
    ['process_open_fds', 40],
    ['nodejs_version_info{version="v24.0.0"}', 1],
    ['nodejs_eventloop_active_seconds_total', 0.75],
    ['nodejs_gc_duration_seconds_count{kind="minor"}', 1],
    ['fairlead_conntrack_entries', 1000],
    ['fairlead_conntrack_entries_limit', 262_144],
    ['fairlead_ipvs_connections_total', 7],
    ['fairlead_ipvs_bytes_total{direction="out"}', 60_000],
  ])('say %s %d', async (sample, value) => {
    expect((await samplesOf(STATUS)).get(sample)).toBe(value);
  });

  test('leave out what the kernel does not say', async () => {
    const silent = { ...READING, openFds: undefined, maxFds: undefined, conntrack: undefined, ipvs: undefined };
    const names = [...parse(await renderMetrics(STATUS, silent)).keys()].join();
    for (const one of ['_fds', 'conntrack_entries', 'fairlead_ipvs_']) expect(names).not.toContain(one);
  });
});
