/**
 * Milliseconds. A gobgpd that runs answers in a few, and on a starved machine in a few hundred; one that is stopped never
 * does. The heartbeat and a path that is announced or withdrawn are what a decision waits for: this outlasts several periods
 * of a CPU limit (100 ms each), and one that is held up for longer is as good as gone for a withdrawal.
 */
export const SHORT_DEADLINE = 600;
export const CALL_DEADLINE = 2000;
