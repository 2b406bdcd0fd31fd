import type { Address } from './address.ts';

/** A check that the operator added to those of fairlead. */
export interface OwnCheck {
  /** Of those in the configuration no other has it. */
  readonly name: string;
  readonly target: CheckTarget;
  /** What becomes of the announcement while it fails. */
  readonly effect: 'report' | 'deprioritise' | 'withdraw';
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly rise: number;
  readonly fall: number;
}

/** What is tried. */
export type CheckTarget =
  /** A connection is opened. */
  | { readonly kind: 'tcp'; readonly address: Address; readonly port: number }
  /** GET; an answer with a status code from `least` to `most` is good, and no redirection is followed. */
  | { readonly kind: 'http'; readonly url: string; readonly least: number; readonly most: number }
  /** A program with its arguments; exit code 0 is good. */
  | { readonly kind: 'exec'; readonly argv: readonly [string, ...string[]] };
