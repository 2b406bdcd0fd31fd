import type { Config } from '../config/config.ts';
import { type Part, PARTS, type PartOutcome } from '../dataplane/dataplane.ts';
import { type CheckState, type Finding, isSettled, stepCheck, type Thresholds, undecided } from '../health/check.ts';
import type { Condition, ConditionCode, Effect } from '../model/condition.ts';
import type { OwnCheck } from '../model/own-check.ts';
import type { SourceStatus } from '../model/status.ts';

/**
 * One check for each part of the data plane: whether it could be made and kept right. The probe, and what else of this
 * node a client depends on.
 */
export type CheckName = Part | 'probe' | 'headroom' | 'uplink' | 'gobgpd' | 'source';

/** What is known of these in another way has a condition of its own already. */
const CONDITION_OF: Record<CheckName, ConditionCode | undefined> = {
  sysctl: 'sysctl-out-of-sync',
  filter: 'filter-out-of-sync',
  snat: 'snat-out-of-sync',
  mss: 'mss-out-of-sync',
  ipvs: 'ipvs-out-of-sync',
  vip: 'range-unbound',
  conntrack: 'conntrack-out-of-sync',
  probe: 'probe-failed',
  headroom: 'conntrack-full',
  uplink: 'uplink-down',
  gobgpd: undefined,
  source: undefined,
};

const EFFECT_OF = {
  report: 'reports',
  deprioritise: 'deprioritises',
  withdraw: 'withdraws',
} as const satisfies Record<OwnCheck['effect'], Effect>;

/** The checks by their names. Those of the operator are named apart from ours. */
export type Checks = ReadonlyMap<string, CheckState>;

export const ownCheckName = ({ name }: Pick<OwnCheck, 'name'>): string => `own/${name}`;

/** Where the kernel is not ours to program, its parts are nothing to check. */
export const noChecksYet = (mode: Config['dataplane']['mode'], others: readonly string[] = []): Checks =>
  new Map([...(mode === 'ipvs' ? PARTS : []), 'probe', ...others].map((name) => [name, undecided(name)]));

/** The checks after one more run of one of them. */
export function record(checks: Checks, name: string, finding: Finding, thresholds: Thresholds): Checks {
  return new Map(checks).set(name, stepCheck(checks.get(name) ?? undecided(name), finding, thresholds));
}

/** The checks after one pass over the data plane. */
export const recordPass = (checks: Checks, outcomes: readonly PartOutcome[], thresholds: Thresholds): Checks =>
  outcomes.reduce((after, outcome) => record(after, outcome.part, findingOf(outcome), thresholds), checks);

function findingOf({ problems, unknown }: PartOutcome): Finding {
  if (problems.length > 0) return { ok: false, detail: problems.join('; ') };
  return unknown === undefined ? { ok: true, detail: 'in place' } : { broken: unknown.join('; ') };
}

/** Milliseconds from one pass over the data plane to the next. */
export const passEveryMs = (checks: Checks, { dataplane: { auditMs }, health }: Config): number =>
  arePartsSettled(checks) ? auditMs : Math.min(auditMs, health.fastIntervalMs);

/** Whether each part of the data plane is as its verdict says, so that nothing is on its way to another one. */
const arePartsSettled = (checks: Checks): boolean => PARTS.flatMap((part) => checks.get(part) ?? []).every(isSettled);

/** The conditions that unhealthy checks stand for, and those that could not be run. */
export const failedChecks = (checks: Checks, own: readonly OwnCheck[] = []): Condition[] => [
  ...[...checks.values()].flatMap((check) => (check.health === 'unhealthy' ? conditionOf(check, own) : [])),
  ...[...checks.values()].flatMap(({ broken, name }): Condition[] =>
    broken === undefined ? [] : [{ code: 'check-broken', detail: `${name}: ${broken}` }],
  ),
];

function conditionOf({ detail, name }: CheckState, own: readonly OwnCheck[]): Condition[] {
  const ofOperator = own.find((one) => ownCheckName(one) === name);
  if (ofOperator) {
    const effect = EFFECT_OF[ofOperator.effect];
    return [{ code: 'own-check-failed', detail: `${ofOperator.name}: ${detail}`, effect }];
  }
  const code = isOurs(name) ? CONDITION_OF[name] : undefined;
  return code ? [{ code, detail }] : [];
}

const isOurs = (name: string): name is CheckName => name in CONDITION_OF;

/** Nothing is announced for the first time before each part of the data plane stands and the probe has come through. */
const PROOFS: ReadonlySet<string> = new Set<CheckName>([...PARTS, 'probe']);

/**
 * The checks that are still to be decided before anything is announced. Of those of the operator that are the ones that
 * withdraw.
 */
export function undecidedChecks(checks: Checks, own: readonly OwnCheck[] = []): string[] {
  const withdrawing = new Set(own.filter(({ effect }) => effect === 'withdraw').map(ownCheckName));
  return [...checks]
    .filter(([name, { health }]) => health === 'undecided' && (PROOFS.has(name) || withdrawing.has(name)))
    .map(([name]) => name);
}

/** What this node has yet to prove before it may announce; undefined once all is proven. */
export function pendingOf({ synced }: SourceStatus, checks: Checks, own: readonly OwnCheck[]): string | undefined {
  if (!synced) return 'waiting for the first full reading of the source';
  const open = undecidedChecks(checks, own);
  return open.length > 0 ? `waiting for the checks ${open.join(', ')}` : undefined;
}
