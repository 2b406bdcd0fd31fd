/**
 * A task that never overlaps itself. Asked for while it runs, it runs exactly once more, however often it is asked;
 * everyone who asks gets the result of a run that began after they did.
 */
export function oneAtATime<T>(task: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let next: Promise<T> | undefined;
  const start = async (): Promise<T> => {
    try {
      return await task();
    } finally {
      running = next;
      next = undefined;
    }
  };
  return () => {
    if (running === undefined) return (running = start());
    next ??= running.then(start, start);
    return next;
  };
}
