import type { PartOutcome } from '../dataplane/dataplane.ts';
import type { Announcement, Counts } from '../model/status.ts';

export const noCountsYet: Counts = {
  deprioritisations: {},
  withdrawals: {},
  kernelChanges: {},
  drift: {},
  sessionsLost: {},
};

/** The counts after one more step of the announcement: only what was announced can be taken back. */
export function countStep(counts: Counts, before: Announcement, now: Announcement): Counts {
  if (now.state === 'withdrawn' && before.state !== 'withdrawn') {
    return { ...counts, withdrawals: add(counts.withdrawals, now.reason, 1) };
  }
  if (now.state !== 'deprioritised' || before.state !== 'announced') return counts;
  return { ...counts, deprioritisations: add(counts.deprioritisations, now.reason, 1) };
}

/** The counts after one more pass over the data plane. */
export function countPass(counts: Counts, outcomes: readonly PartOutcome[]): Counts {
  const changed = outcomes.filter(({ changes }) => changes.length > 0);
  const found = outcomes.flatMap(({ drift }) => drift ?? []);
  if (changed.length + found.length === 0) return counts;
  const kernelChanges = changed.reduce(
    (sum, { part, changes }) => add(sum, part, changes.length),
    counts.kernelChanges,
  );
  return { ...counts, kernelChanges, drift: found.reduce((sum, kind) => add(sum, kind, 1), counts.drift) };
}

const add = (counts: Counts['withdrawals'], key: string, more: number): Counts['withdrawals'] => ({
  ...counts,
  [key]: (counts[key] ?? 0) + more,
});
