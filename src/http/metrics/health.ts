import { CONDITIONS } from '../../model/condition.ts';
import type { Status } from '../../model/status.ts';
import { counter, type Family, gauge, histogram } from './family.ts';

/** The checks of this node, and the conditions it is in. */
export function healthFamilies({ checks, conditions, counts }: Status): Family[] {
  const counted = Object.entries(counts.checks);
  const active = new Set<string>(conditions.map(({ code }) => code));
  return [
    gauge(
      'fairlead_check_healthy',
      'Whether a check is healthy',
      checks.map(({ health, name }) => [{ check: name }, health === 'healthy' ? 1 : 0]),
    ),
    counter(
      'fairlead_check_runs_total',
      'Runs of a check, by result',
      counted.flatMap(([check, runs]) =>
        (['good', 'bad', 'broken'] as const).map((result) => [{ check, result }, runs[result]] as const),
      ),
    ),
    histogram(
      'fairlead_check_duration_seconds',
      'How long a run of a check takes',
      counted.map(([check, { took }]) => [{ check }, took]),
    ),
    gauge(
      'fairlead_condition',
      'Whether a condition is active',
      Object.keys(CONDITIONS).map((code) => [{ code }, active.has(code) ? 1 : 0]),
    ),
  ];
}
