/** How much time the audit may take, saved up over time; negative after it took more. */
export interface Credit {
  readonly ms: number;
  /** When it was counted, by a clock in milliseconds that never goes back. */
  readonly at: number;
}

/** The share of all time that may go into reading what the kernel holds, while nobody has changed anything. */
const SHARE = 0.1;
/** What is saved up at most, for a change may come in meanwhile and has to wait. */
const MOST_MS = 100;

/** The credit at a later time. */
export const earned = ({ ms, at }: Credit, now: number): Credit => ({
  ms: Math.min(ms + (now - at) * SHARE, MOST_MS),
  at: now,
});

/** The credit after work that began when it was counted and has ended now. */
export const spent = ({ ms, at }: Credit, now: number): Credit => ({ ms: ms - (now - at), at: now });
