import { Counter, Gauge, Registry } from 'prom-client';
import { CONDITIONS } from '../model/condition.ts';
import { DRAIN_STAGES } from '../model/drain.ts';
import { ANNOUNCEMENT_STATES, isAnnounced, type Status } from '../model/status.ts';

/**
 * The metrics of one moment, in Prometheus' text format. All are set from the status at every scrape, so that
 * nothing has to be kept in step.
 */
export async function renderMetrics(status: Status): Promise<string> {
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: string[] = []): Gauge =>
    new Gauge({ name: `fairlead_${name}`, help, labelNames, registers: [registry] });
  announcementMetrics(status, gauge);
  peerMetrics(status, gauge);
  healthMetrics(status, gauge);
  tableMetrics(status, gauge);
  const runs = { name: 'fairlead_check_runs_total', help: 'Runs of a check, by result', registers: [registry] };
  const counted = new Counter({ ...runs, labelNames: ['check', 'result'] });
  for (const { name: check, runs: results } of status.checks) {
    for (const [result, count] of Object.entries(results)) counted.inc({ check, result }, count);
  }
  for (const { by, counts, help, name } of countersOf(status)) {
    const counter = new Counter({ name: `fairlead_${name}_total`, help, labelNames: [by], registers: [registry] });
    for (const [key, count] of Object.entries(counts)) counter.inc({ [by]: key }, count);
  }
  return await registry.metrics();
}

type MakeGauge = (name: string, help: string, labelNames?: string[]) => Gauge;

/** What happened between two scrapes and is over shows only in these. */
const countersOf = ({ counts }: Status) => [
  {
    name: 'deprioritisations',
    by: 'reason',
    counts: counts.deprioritisations,
    help: 'Full announcements that were deprioritised, by reason',
  },
  { name: 'withdrawals', by: 'reason', counts: counts.withdrawals, help: 'Announcements withdrawn, by reason' },
  { name: 'kernel_changes', by: 'part', counts: counts.kernelChanges, help: 'Changes the kernel needed, by part' },
  { name: 'drift', by: 'kind', counts: counts.drift, help: 'What somebody else had changed in the kernel, by kind' },
  { name: 'sessions_lost', by: 'peer', counts: counts.sessionsLost, help: 'BGP sessions that were lost, by peer' },
];

function announcementMetrics(status: Status, gauge: MakeGauge): void {
  const { announcement, drain, flaps, ranges, version } = status;
  gauge('build_info', 'Always 1', ['version']).set({ version }, 1);
  const announced = gauge('announced', 'Whether a prefix is announced, deprioritised or in full', ['prefix']);
  for (const prefix of ranges) announced.set({ prefix }, isAnnounced(status, prefix) ? 1 : 0);
  gauge('announced_addresses', 'Single addresses of Services that are announced beside the ranges').set(
    status.announcedAddresses,
  );
  const states = gauge('announcement_state', 'How the prefixes are announced: 1 for the state in force', ['state']);
  for (const state of ANNOUNCEMENT_STATES) states.set({ state }, announcement.state === state ? 1 : 0);
  const reasons = gauge('announcement_reason', 'Why not in full: 1 for the reason in force', ['reason']);
  if (announcement.state !== 'announced') reasons.set({ reason: announcement.reason }, 1);
  gauge('announcement_flaps', 'Full announcements taken back of late; each doubles the hold-down').set(flaps);
  gauge('announcement_since_seconds', 'When the announcement last changed, as a Unix time').set(
    announcement.since / 1000,
  );
  const stages = gauge('drain_stage', 'How far a drain of this node is: 1 for the stage it is in', ['stage']);
  for (const stage of DRAIN_STAGES) stages.set({ stage }, drain?.stage === stage ? 1 : 0);
  if (drain?.connections !== undefined) {
    gauge('drain_connections', 'Active connections when the drain counted them last').set(drain.connections);
  }
  const { census } = status;
  if (census.known) {
    const others = census.others.filter(({ state }) => state === 'announced').length;
    gauge('announcers', 'Other nodes that announce in full; none while that is not known').set(others);
  }
}

function peerMetrics({ gobgpdApi, peers }: Status, gauge: MakeGauge): void {
  const api = gauge('gobgpd_api', 'Always 1: the version of the API that gobgpd was last heard with', ['version']);
  if (gobgpdApi !== undefined) api.set({ version: gobgpdApi }, 1);
  const up = gauge('peer_established', 'Whether the BGP session with a peer is established', ['peer']);
  const bfdUp = gauge('peer_bfd_up', 'Whether BFD with a peer is up, where it is wanted', ['peer']);
  const announced = gauge('peer_prefixes_announced', 'Prefixes that a peer is sent', ['peer']);
  const letIn = gauge('peer_prefixes_accepted', 'Prefixes of a peer that are let in, where any may be', ['peer']);
  for (const { accepted, address: peer, advertised, bfd, state } of peers) {
    up.set({ peer }, state === 'established' ? 1 : 0);
    if (bfd !== undefined) bfdUp.set({ peer }, bfd === 'up' ? 1 : 0);
    announced.set({ peer }, advertised.length);
    if (accepted) letIn.set({ peer }, accepted.length);
  }
}

function healthMetrics({ checks, conditions }: Status, gauge: MakeGauge): void {
  const healthy = gauge('check_healthy', 'Whether a check is healthy', ['check']);
  for (const { health, name } of checks) healthy.set({ check: name }, health === 'healthy' ? 1 : 0);
  const seconds = gauge('check_duration_seconds', 'How long the last run of a check took', ['check']);
  for (const { name, tookMs } of checks) if (tookMs !== undefined) seconds.set({ check: name }, tookMs / 1000);
  const condition = gauge('condition', 'Whether a condition is active', ['code']);
  for (const code of Object.keys(CONDITIONS))
    condition.set({ code }, conditions.some((one) => one.code === code) ? 1 : 0);
}

function tableMetrics({ at, skipped, source, startedAt, virtualServers }: Status, gauge: MakeGauge): void {
  gauge('virtual_servers', 'Virtual servers wanted in the kernel, the canaries included').set(virtualServers.length);
  const realServers = virtualServers.reduce((sum, server) => sum + server.realServers.length, 0);
  gauge('real_servers', 'Real servers behind them').set(realServers);
  gauge('objects_skipped', 'Objects left out, for whatever reason').set(skipped.length);
  gauge('source_synced', 'Whether the source has been read completely once').set(source.synced ? 1 : 0);
  if (source.lastContactAt !== undefined) {
    const age = (at - source.lastContactAt) / 1000;
    gauge('source_age_seconds', 'Time since the source last proved to be alive').set(age);
  }
  gauge('start_time_seconds', 'When the agent started, as a Unix time').set(startedAt / 1000);
}
