export type Severity = 'ok' | 'warning' | 'error';

/** What the doctor says of one thing. */
export interface Finding {
  /** What was looked at, as `api address`. */
  readonly check: string;
  readonly severity: Severity;
  readonly found: string;
  /** What a person can do about it; absent where all is well. */
  readonly remedy?: string;
}

export const isWell = (findings: readonly Finding[]): boolean => findings.every(({ severity }) => severity !== 'error');
