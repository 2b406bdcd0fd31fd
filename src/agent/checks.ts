import type { Config } from '../config/config.ts';
import { type Part, PARTS, type PartOutcome } from '../dataplane/dataplane.ts';
import { type CheckState, type Outcome, stepCheck, type Thresholds, undecided } from '../health/check.ts';
import type { Condition, ConditionCode } from '../model/condition.ts';

/** The probe, and one check for each part of the data plane: whether it could be made and kept right. */
export type CheckName = Part | 'probe';

/** Where the kernel is not ours to program, its parts are nothing to check. */
const CHECKS: Record<Config['dataplane']['mode'], readonly CheckName[]> = {
  ipvs: [...PARTS, 'probe'],
  none: ['probe'],
};

const CONDITION_OF: Record<CheckName, ConditionCode> = {
  sysctl: 'sysctl-out-of-sync',
  filter: 'filter-out-of-sync',
  snat: 'snat-out-of-sync',
  mss: 'mss-out-of-sync',
  ipvs: 'ipvs-out-of-sync',
  vip: 'range-unbound',
  conntrack: 'conntrack-out-of-sync',
  probe: 'probe-failed',
};

export type Checks = ReadonlyMap<CheckName, CheckState>;

export const noChecksYet = (mode: Config['dataplane']['mode']): Checks =>
  new Map(CHECKS[mode].map((name) => [name, undecided(name)]));

/** The checks after one more outcome of one of them. */
export function record(checks: Checks, name: CheckName, outcome: Outcome, thresholds: Thresholds): Checks {
  return new Map(checks).set(name, stepCheck(checks.get(name) ?? undecided(name), outcome, thresholds));
}

/** The checks after one pass over the data plane. */
export const recordPass = (checks: Checks, outcomes: readonly PartOutcome[], thresholds: Thresholds): Checks =>
  outcomes.reduce((after, { part, problems }) => {
    const detail = problems.length === 0 ? 'in place' : problems.join('; ');
    return record(after, part, { ok: problems.length === 0, detail }, thresholds);
  }, checks);

/** The conditions that unhealthy checks stand for. */
export const failedChecks = (checks: Checks): Condition[] =>
  [...checks]
    .filter(([, { health }]) => health === 'unhealthy')
    .map(([name, { detail }]) => ({ code: CONDITION_OF[name], detail }));

/** The checks that have not been decided yet. */
export const undecidedChecks = (checks: Checks): CheckName[] =>
  [...checks].filter(([, { health }]) => health === 'undecided').map(([name]) => name);
