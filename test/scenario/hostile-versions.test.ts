import { afterEach, describe, expect, test } from 'vitest';
import { endpointSlice, service } from './api-objects.ts';
import { eventually, HostileRig } from './hostile-rig.ts';
import { SERVICES } from './kubernetes-source.ts';

let rig: HostileRig;

/** Longer than a test, and shorter than anybody waits. */
const LONG = 600_000;
const SHORT = 100;

afterEach(() => rig[Symbol.asyncDispose]());

const problem = (): string | undefined => rig.source.status().problem;
const has = (name: string): boolean => rig.source.snapshot().services.has(`default/${name}`);

/** Ends everything that is open, and all history with it: each resource has to be read anew. */
function readAnew(): void {
  rig.server.compact();
  rig.server.reset();
}

describe.each(['watch-list', 'pages'] as const)('read as %s', (reading) => {
  /** @param doubtMs for how long a reading that is hard to believe is not believed */
  async function follow(doubtMs: number): Promise<void> {
    rig = await HostileRig.open({ pace: { doubtMs } });
    if (reading === 'pages') rig.server.faults.noWatchList = 'invalid';
    await rig.follow();
  }

  test('a server with an older cache, for a while: what is newer stays, and nothing is told as changed', async () => {
    await follow(LONG);
    rig.change('older');
    await rig.equalsTruth();
    const old = rig.server.save();
    rig.change('newer');
    await rig.equalsTruth();
    const now = rig.server.save();
    const other = rig.served('default/other');
    rig.server.load(old);
    rig.server.reset();
    await eventually(() => expect(problem()).toMatch(/^a list of version \d+, where \d+ was known$/));
    expect(has('new-newer')).toBe(true);
    expect(rig.served('default/other')).toStrictEqual(other);
    rig.server.load(now);
    rig.server.reset();
    await rig.calm();
  });

  test('an etcd that is restored from a backup: first doubted, then that is how things are', async () => {
    await follow(SHORT);
    const backup = rig.server.save();
    rig.change('lost');
    rig.change('as-well');
    await rig.equalsTruth();
    rig.server.load(backup);
    rig.server.reset();
    await eventually(() => expect(problem()).toMatch(/^a list of version/));
    expect(has('new-lost')).toBe(true);
    await rig.calm();
    expect(has('new-lost')).toBe(false);
  });

  test('an etcd that is restored under watches that go on: silence tells that something is wrong', async () => {
    await follow(SHORT);
    const backup = rig.server.save();
    for (let i = 0; i < 20; i++) rig.change(`lost-${i}`);
    await rig.equalsTruth();
    rig.server.load(backup);
    rig.server.endWatches();
    rig.server.put(endpointSlice('fresh', ['10.1.9.9']));
    await rig.calm();
  });

  test('half of what was there: doubted, and all of it served meanwhile', async () => {
    await follow(LONG);
    const all = rig.server.save();
    for (const object of rig.server.all('Service').slice(0, 60)) rig.server.forget(object);
    readAnew();
    await eventually(() => expect(problem()).toMatch(/^a list of 45 objects, where 105 were known$/));
    expect(rig.source.status().services).toBe(105);
    rig.server.load({ ...all, version: rig.server.save().version });
    await rig.calm();
  });

  test('nothing of what was there: doubted, and all of it served meanwhile', async () => {
    await follow(LONG);
    const all = rig.server.save();
    rig.server.load({ version: all.version, objects: new Map() });
    readAnew();
    await eventually(() => expect(problem()).toMatch(/^an empty list, where 105 objects were known$/));
    expect(rig.source.status()).toMatchObject({ services: 105, slices: 105, synced: true });
    rig.server.load({ ...all, version: rig.server.save().version });
    await rig.calm();
  });

  test('bookmarks that run ahead: what happens before them is found all the same', async () => {
    await follow(SHORT);
    rig.server.bookmark(5000);
    rig.server.put(service('behind', '10.99.67.9'));
    await eventually(() => expect(has('behind')).toBe(true));
    rig.server.bookmark(9000);
    rig.server.endWatches();
    rig.server.put(service('also-behind', '10.99.67.10'));
    await rig.calm();
  });

  test('bookmarks that go backwards cost a new reading each, and nothing else', async () => {
    await follow(SHORT);
    const before = rig.server.requests.length;
    rig.change('meanwhile');
    for (let i = 0; i < 5; i++) rig.server.bookmark(3 + i);
    await eventually(() => expect(rig.server.requests.length).toBeGreaterThan(before));
    await rig.calm();
    expect(rig.server.count(SERVICES, reading === 'pages' ? 'list' : 'watch-list')).toBeLessThan(20);
  });
});
