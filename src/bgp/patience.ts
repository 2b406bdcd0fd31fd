/** Too few, and a pause of this process takes much of the time away; too many, and their own lateness adds up. */
const TICKS = 5;

/**
 * Calls `onEnd` once `ms` have been waited for in which this process ran. While it does not (stopped, starved, its loop
 * busy, the whole machine paused), answers come in that nobody reads, so such a pause counts for a fifth of `ms` at most:
 * our own sleep must not pass for the silence of another.
 *
 * @returns what ends the wait without a call
 */
export function patience(ms: number, onEnd: () => void): () => void {
  let left = TICKS;
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    timer = setTimeout(() => {
      left -= 1;
      if (left === 0) onEnd();
      else wait();
    }, ms / TICKS);
  };
  wait();
  return () => clearTimeout(timer);
}
