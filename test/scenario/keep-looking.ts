import { setTimeout as pause } from 'node:timers/promises';

/**
 * Looks at something again and again.
 * @returns what ends it, and resolves with all that was seen; rejects where a look did
 */
export function keepLooking<T>(look: () => Promise<T>, everyMs: number): () => Promise<T[]> {
  const seen: T[] = [];
  const end = new AbortController();
  const looks = (async () => {
    while (!end.signal.aborted) {
      seen.push(await look());
      await pause(everyMs);
    }
  })();
  // A test that has failed ends what is looked at, and asks for nothing more.
  looks.catch(() => undefined);
  return async () => {
    end.abort();
    await looks;
    return seen;
  };
}
