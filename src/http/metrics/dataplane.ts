import type { Status } from '../../model/status.ts';
import { byKey, counter, type Family, gauge, histogram } from './family.ts';

/** What the cluster wants of the kernel, and what it took to keep the kernel so. Nothing has a label by Service. */
export function dataplaneFamilies(status: Status): Family[] {
  const { at, counts, source, startedAt, virtualServers } = status;
  const age = source.lastContactAt === undefined ? undefined : (at - source.lastContactAt) / 1000;
  return [
    counter('fairlead_kernel_changes_total', 'Changes the kernel needed, by part', byKey('part', counts.kernelChanges)),
    counter(
      'fairlead_kernel_errors_total',
      'What the kernel refused or what was still wrong after a pass, by part',
      byKey('part', counts.kernelErrors),
    ),
    counter(
      'fairlead_drift_total',
      'What somebody else had changed in the kernel, by kind',
      byKey('kind', counts.drift),
    ),
    histogram(
      'fairlead_programming_duration_seconds',
      'From the moment the source told of a change until the kernel held it',
      [[{}, counts.programming]],
    ),
    gauge(
      'fairlead_virtual_servers',
      'Virtual servers wanted in the kernel, the canaries included',
      virtualServers.length,
    ),
    gauge(
      'fairlead_real_servers',
      'Real servers behind them',
      virtualServers.reduce((sum, { realServers }) => sum + realServers.length, 0),
    ),
    gauge('fairlead_objects_skipped', 'Objects left out, by reason', byKey('reason', skippedBy(status))),
    gauge('fairlead_source_synced', 'Whether the source has been read completely once', source.synced ? 1 : 0),
    gauge('fairlead_source_age_seconds', 'Time since the source last proved to be alive', age),
    gauge('fairlead_start_time_seconds', 'When the agent started, as a Unix time', startedAt / 1000),
  ];
}

function skippedBy({ skipped }: Status): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason } of skipped) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}
