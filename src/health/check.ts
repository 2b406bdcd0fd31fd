import type { CheckStatus } from '../model/status.ts';

/** What one run of a check found. */
export interface Outcome {
  readonly ok: boolean;
  readonly detail: string;
}

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

/** A check that has never run: neither healthy nor unhealthy. */
export const undecided = (name: string): CheckState => ({
  name,
  health: 'undecided',
  detail: 'not run yet',
  streak: 0,
  lastOk: undefined,
});

/** The check after one more outcome: `rise` good ones in a row turn it healthy, `fall` bad ones unhealthy. */
export function stepCheck(state: CheckState, { ok, detail }: Outcome, { rise, fall }: Thresholds): CheckState {
  const streak = state.lastOk === ok ? state.streak + 1 : 1;
  const decided = streak >= (ok ? rise : fall);
  const verdict = ok ? 'healthy' : 'unhealthy';
  return { name: state.name, health: decided ? verdict : state.health, detail, streak, lastOk: ok };
}
