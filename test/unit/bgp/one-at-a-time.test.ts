import { expect, test } from 'vitest';
import { oneAtATime } from '../../../src/bgp/one-at-a-time.ts';

/** A task whose runs the test ends one by one. */
function heldTask() {
  const ends: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const ask = oneAtATime(async () => {
    const run = ends.length + 1;
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((resolve) => ends.push(resolve));
    running -= 1;
    if (run === 2) throw new Error('the second run fails');
    return run;
  });
  return { ask, ends, most: () => most };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('a task asked for often while it runs runs exactly once more, after the first', async () => {
  const { ask, ends, most } = heldTask();
  const first = ask();
  const later = [ask(), ask(), ask()];
  const failed = Promise.allSettled(later);
  ends[0]?.();
  expect(await first).toBe(1);
  await turn();
  ends[1]?.();
  expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  await turn();
  expect(ends).toHaveLength(2);
  expect(most()).toBe(1);
});

test('asking at the very moment a run ends never overlaps the next one', async () => {
  const { ask, ends, most } = heldTask();
  const first = ask();
  const asked = first.then(ask).catch(() => undefined);
  const waiting = ask().catch(() => undefined);
  ends[0]?.();
  await turn();
  ends[1]?.();
  await turn();
  ends[2]?.();
  await Promise.all([asked, waiting]);
  expect(most()).toBe(1);
});
