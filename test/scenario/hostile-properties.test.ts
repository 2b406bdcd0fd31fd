import { setTimeout } from 'node:timers/promises';
import * as fc from 'fast-check';
import { test } from 'vitest';
import { BEHAVIOURS } from './hostile-behaviours.ts';
import { HostileRig } from './hostile-rig.ts';

/** What makes the source notice: a watch that ends, all connections reset, all history gone, or a bookmark. */
const KICKS: Readonly<Record<string, (rig: HostileRig) => void>> = {
  none() {},
  end: ({ server }) => server.endWatches(),
  reset: ({ server }) => server.reset(),
  bookmark: ({ server }) => server.bookmark(),
  compact({ server }) {
    server.compact();
    server.endWatches();
  },
};

const step = fc.record({
  behaviour: fc.option(fc.constantFrom(...Object.keys(BEHAVIOURS)), { nil: undefined }),
  kick: fc.constantFrom(...Object.keys(KICKS)),
  mark: fc.constantFrom('a', 'b', 'c', undefined),
  pauseMs: fc.integer({ min: 0, max: 60 }),
});

const course = fc.record({
  noWatchList: fc.constantFrom(undefined, 'invalid' as const, 'bad-request' as const),
  synced: fc.boolean(),
  steps: fc.array(step, { minLength: 2, maxLength: 8 }),
});

type Course = typeof course extends fc.Arbitrary<infer T> ? T : never;

async function play({ noWatchList, synced, steps }: Course): Promise<void> {
  await using rig = await HostileRig.open({ standing: 12 });
  if (noWatchList) rig.server.faults.noWatchList = noWatchList;
  if (synced) await rig.follow();
  else rig.start();
  for (const { behaviour, kick, mark, pauseMs } of steps) {
    rig.server.tricks = BEHAVIOURS[behaviour ?? '']?.(rig.server) ?? {};
    KICKS[kick]?.(rig);
    if (mark !== undefined) rig.change(mark);
    await setTimeout(pauseMs);
  }
  await rig.calm();
}

/** Many courses at once, for most of each is waiting; always the same ones. */
test.concurrent.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])(
  'whatever a server does wrong, in any order, the source ends with its truth and has lost nothing on the way (%i)',
  async (seed) => {
    await fc.assert(fc.asyncProperty(course, play), { seed, numRuns: 4, endOnFailure: true });
  },
);
