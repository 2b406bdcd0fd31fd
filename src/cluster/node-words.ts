import { type ConditionCode, CONDITIONS, type Reason } from '../model/condition.ts';

/** events.k8s.io takes no longer note (pkg/apis/core/validation/events.go), and a condition is read in a column. */
const LONGEST = 1024;

/** A code of ours as the API wants reasons: `probe-failed` is `ProbeFailed`. */
export const camelCase = (code: string): string =>
  code
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');

/** Why something is as it is, and where it is a fault, what a person should look at first. */
export function wordsOf(reason: Reason, detail: string): string {
  const hint = isCondition(reason) ? ` (look at: ${CONDITIONS[reason].hint})` : '';
  return `${reason}: ${detail}${hint}`;
}

/** A message of a length that the API takes. */
export const shortened = (message: string): string =>
  message.length > LONGEST ? `${message.slice(0, LONGEST - 1)}…` : message;

const isCondition = (reason: Reason): reason is ConditionCode => Object.hasOwn(CONDITIONS, reason);
