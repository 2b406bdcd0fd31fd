/**
 * Does `work` when it is asked for, and not more often than once in a time: at once when the last time is that long ago,
 * else when it is. Many requests in between lead to one.
 */
export function spaced(gapMs: number, work: () => void): () => void {
  let last = Number.NEGATIVE_INFINITY;
  let waiting = false;
  const run = (): void => {
    waiting = false;
    last = performance.now();
    work();
  };
  return () => {
    if (waiting) return;
    const wait = last + gapMs - performance.now();
    if (wait <= 0) return run();
    waiting = true;
    setTimeout(run, wait).unref();
  };
}
