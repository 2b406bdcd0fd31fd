import { describe, expect, test } from 'vitest';
import type { ApiServer } from './api-server.ts';
import type { Tricks } from './api-tricks.ts';
import { BEHAVIOURS } from './hostile-behaviours.ts';
import { eventually, HostileRig } from './hostile-rig.ts';
import { NODES, SERVICES, SLICES } from './kubernetes-source.ts';

/** Without watch-lists, everything is read in pages. */
const READINGS = [
  ['a watch-list', undefined],
  ['pages', 'invalid'],
] as const;

const busy = (server: ApiServer, before: number): boolean =>
  [SERVICES, SLICES, NODES].every(
    (path) => server.requests.slice(before).filter(({ pathname }) => pathname === path).length >= 3,
  );

/** Plays tricks until each resource has been asked for three times, or for as long as a watch may be silent. */
async function suffer({ server }: HostileRig, tricks: Tricks): Promise<void> {
  const before = server.requests.length;
  const endsAt = performance.now() + 1200;
  server.tricks = tricks;
  server.compact();
  server.endWatches();
  await eventually(() => expect(busy(server, before) || performance.now() > endsAt).toBe(true));
}

describe.concurrent.each(READINGS)('everything is read as %s', (_reading, noWatchList) => {
  test.for(Object.entries(BEHAVIOURS))('%s', async ([_name, behaviour]) => {
    await using rig = await HostileRig.open();
    if (noWatchList) rig.server.faults.noWatchList = noWatchList;
    rig.start();
    await suffer(rig, behaviour(rig.server));
    await rig.calm('once');
    const begun = suffer(rig, behaviour(rig.server));
    rig.change('meanwhile');
    await begun;
    rig.change('still');
    await rig.calm('twice');
  });
});
