import type { CheckStatus } from '../model/status.ts';

/** What one run of a check found. */
export interface Outcome {
  readonly ok: boolean;
  readonly detail: string;
}

/**
 * What one run of a check came to: an outcome, or why the check itself could not be run. The latter says nothing about
 * what it checks: no socket or process to be had is no fault of the data plane.
 */
export type Run = Outcome | { readonly broken: string };

/** What a run says of the state there is now: nothing, if what it and those before it found wrong has been mended since. */
export type Finding = Run | { readonly outdated: string };

export interface Thresholds {
  /** Good outcomes in a row that make a check healthy. */
  readonly rise: number;
  /** Bad outcomes in a row that make it unhealthy. */
  readonly fall: number;
}

/** A check and how it stands. Between two verdicts it keeps the last one. */
export interface CheckState extends CheckStatus {
  readonly lastOk: boolean | undefined;
}

/** A check that is run by itself, again and again. */
export interface Check {
  readonly name: string;
  readonly thresholds: Thresholds;
  readonly cadence: Cadence;
  /**
   * Runs it once. One that rejects could not be run.
   *
   * @param signal breaks the run off
   * @returns undefined where there was nothing to tell anything by
   */
  readonly run: (signal: AbortSignal) => Promise<Finding | undefined>;
}

/** When a check is run. In milliseconds. */
export interface Cadence {
  readonly intervalMs: number;
  /**
   * While the verdict is open: a fault is certain sooner, and so is its end. Of no effect where it is the longer one.
   */
  readonly fastIntervalMs: number;
}

/** A check that has never run: neither healthy nor unhealthy. */
export const undecided = (name: string): CheckState => ({
  name,
  health: 'undecided',
  detail: 'not run yet',
  streak: 0,
  lastOk: undefined,
});

/**
 * The check after one more run: `rise` good ones in a row turn it healthy, `fall` bad ones unhealthy. One that could
 * not be run counts for neither, and ends no row; one that is out of date begins a new one.
 */
export function stepCheck(state: CheckState, finding: Finding, { rise, fall }: Thresholds): CheckState {
  const { broken: _, ...before } = state;
  if ('broken' in finding) return { ...before, broken: finding.broken };
  if ('outdated' in finding) return { ...before, detail: finding.outdated, streak: 0, lastOk: undefined };
  const { ok, detail } = finding;
  const streak = state.lastOk === ok ? state.streak + 1 : 1;
  const decided = streak >= (ok ? rise : fall);
  const health = decided ? verdictOf(ok) : state.health;
  return { ...before, health, detail, streak, lastOk: ok };
}

/** What a run came to: the label of a metric. */
export type CheckResult = 'good' | 'bad' | 'broken';

/** What was wrong and has been mended since was wrong. */
export function resultOf(finding: Finding): CheckResult {
  if ('broken' in finding) return 'broken';
  return 'ok' in finding && finding.ok ? 'good' : 'bad';
}

/** Whether the last outcome is what the verdict says. Before the first one, and on the way to the other verdict, it is not. */
export const isSettled = ({ health, lastOk }: Pick<CheckState, 'health' | 'lastOk'>): boolean =>
  lastOk !== undefined && health === verdictOf(lastOk);

const verdictOf = (ok: boolean): 'healthy' | 'unhealthy' => (ok ? 'healthy' : 'unhealthy');
