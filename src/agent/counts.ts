import { type PartOutcome, PARTS } from '../dataplane/dataplane.ts';
import { DRIFT_KINDS } from '../dataplane/part.ts';
import { type CheckResult, resultOf, type Finding } from '../health/check.ts';
import type { Address } from '../model/address.ts';
import { emptyHistogram, observed } from '../model/histogram.ts';
import type { Announcement, CheckCounts, Counts, TransitionCount } from '../model/status.ts';

/** In seconds. From one netlink message to what no client would wait for. */
const PROGRAMMING_BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** In seconds. From a file that is read to a check that has timed out; coarse, since each check has a series for each of them. */
const CHECK_BOUNDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5];

/** For a counter that Prometheus first sees at 1, `increase()` misses that one: what there can be begins at 0. */
const zeros = (keys: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(keys.map((key) => [key, 0]));

export const noCountsYet: Counts = {
  transitions: [],
  kernelChanges: zeros(PARTS),
  kernelErrors: zeros(PARTS),
  drift: zeros(DRIFT_KINDS),
  sessionsLost: {},
  checks: {},
  programming: emptyHistogram(PROGRAMMING_BOUNDS),
};

/** The counts after one more step of the announcement. */
export function countStep(counts: Counts, before: Announcement, now: Announcement): Counts {
  const reason = now.state === 'announced' ? undefined : now.reason;
  const is = (one: TransitionCount): boolean =>
    one.from === before.state && one.to === now.state && one.reason === reason;
  const known = counts.transitions.find(is) ?? { from: before.state, to: now.state, reason, count: 0 };
  const others = counts.transitions.filter((one) => !is(one));
  return { ...counts, transitions: [...others, { ...known, count: known.count + 1 }] };
}

/**
 * The counts after one more pass over the data plane.
 *
 * @param toldAt when the source told of the first change that the pass was for, in milliseconds of the clock of
 *   `writtenAt`; undefined where it was for none, or that is not to be timed
 */
export function countPass(counts: Counts, outcomes: readonly PartOutcome[], toldAt?: number): Counts {
  return {
    ...counts,
    kernelChanges: addAll(counts.kernelChanges, outcomes, ({ changes }) => changes.length),
    kernelErrors: addAll(counts.kernelErrors, outcomes, ({ problems }) => problems.length),
    drift: outcomes.flatMap(({ drift }) => drift ?? []).reduce((sum, kind) => add(sum, kind, 1), counts.drift),
    checks: outcomes.reduce(
      (checks, outcome) => addRun(checks, outcome.part, resultOfPart(outcome), outcome.tookMs),
      counts.checks,
    ),
    programming: outcomes
      .flatMap((outcome) => programmedIn(outcome, toldAt) ?? [])
      .reduce((histogram, seconds) => observed(histogram, seconds), counts.programming),
  };
}

/** The counts after one more run of a check. */
export const countRun = (counts: Counts, name: string, finding: Finding, tookMs: number): Counts => ({
  ...counts,
  checks: addRun(counts.checks, name, resultOf(finding), tookMs),
});

/** The counts after these sessions were looked at, and those of them were found to be lost. A peer that goes keeps its count. */
export function countSessions(counts: Counts, seen: Iterable<Address>, lost: ReadonlySet<Address>): Counts {
  let { sessionsLost } = counts;
  for (const peer of seen) {
    if (lost.has(peer) || !(peer in sessionsLost)) sessionsLost = add(sessionsLost, peer, lost.has(peer) ? 1 : 0);
  }
  return sessionsLost === counts.sessionsLost ? counts : { ...counts, sessionsLost };
}

/** Seconds until the kernel held what the source had told; undefined where it does not yet, which counts as an error. */
function programmedIn({ problems, writtenAt }: PartOutcome, toldAt: number | undefined): number | undefined {
  if (toldAt === undefined || writtenAt === undefined || problems.length > 0) return undefined;
  return (writtenAt - toldAt) / 1000;
}

const resultOfPart = ({ problems, unknown }: PartOutcome): CheckResult => {
  if (problems.length > 0) return 'bad';
  return unknown === undefined ? 'good' : 'broken';
};

const NO_RUNS: CheckCounts = { good: 0, bad: 0, broken: 0, took: emptyHistogram(CHECK_BOUNDS) };

function addRun(checks: Counts['checks'], name: string, result: CheckResult, tookMs?: number): Counts['checks'] {
  const before = checks[name] ?? NO_RUNS;
  const took = tookMs === undefined ? before.took : observed(before.took, tookMs / 1000);
  return { ...checks, [name]: { ...before, [result]: before[result] + 1, took } };
}

type Sums = Readonly<Record<string, number>>;

const add = (sums: Sums, key: string, more: number): Sums => ({ ...sums, [key]: (sums[key] ?? 0) + more });

/** The same object where there is nothing to add, as in most passes. */
const addAll = (sums: Sums, outcomes: readonly PartOutcome[], of: (outcome: PartOutcome) => number): Sums =>
  outcomes.reduce((sum, outcome) => (of(outcome) === 0 ? sum : add(sum, outcome.part, of(outcome))), sums);
