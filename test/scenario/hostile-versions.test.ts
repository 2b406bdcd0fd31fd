import { afterEach, describe, expect, test } from 'vitest';
import { endpointSlice, service } from './api-objects.ts';
import { eventually, HostileRig } from './hostile-rig.ts';
import { SERVICES, SLICES } from './kubernetes-source.ts';

let rig: HostileRig;

/** Longer than a test, and shorter than anybody waits. */
const LONG = 600_000;
const SHORT = 100;

afterEach(() => rig[Symbol.asyncDispose]());

const problem = (): string | undefined => rig.source.status().problem;
const has = (name: string): boolean => rig.source.snapshot().services.has(`default/${name}`);

/** What is behind the same address becomes a server that is not as far, or the one that was there before. */
function answerFrom(saved: ReturnType<HostileRig['server']['save']>): void {
  rig.server.load(saved);
  rig.server.reset();
}

const GHOST = service('ghost', '10.99.67.8');

/** Has the ghost served, and returns the event of it as it is now. */
async function ghostly(): Promise<string> {
  rig.server.put(GHOST);
  await eventually(() => expect(has('ghost')).toBe(true));
  const object = rig.server.all('Service').find(({ metadata }) => metadata.name === 'ghost');
  return `${JSON.stringify({ type: 'ADDED', object })}\n`;
}

/** What comes behind a ghost that has been sent again has arrived, and it has not. */
async function ghostStaysAway(): Promise<void> {
  rig.server.put(service('behind', '10.99.67.9'));
  await eventually(() => expect(has('behind')).toBe(true));
  expect(has('ghost')).toBe(false);
  await rig.calm();
}

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

  /** Waits until a resource has been read at least once more from its beginning to its end, of two pages. */
  async function readAgain(path: string): Promise<void> {
    const readings = () => rig.server.count(path, reading === 'pages' ? 'list' : 'watch-list');
    const before = readings();
    await eventually(() => expect(readings()).toBeGreaterThan(before + 4));
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
    answerFrom(old);
    expect(rig.truth().get('default/other')).not.toStrictEqual(other);
    await eventually(() => expect(problem()).toMatch(/^a list of version \d+, where \d+ was known$/));
    await readAgain(SLICES);
    expect(has('new-newer')).toBe(true);
    expect(rig.served('default/other')).toStrictEqual(other);
    answerFrom(now);
    await rig.calm();
  });

  test('a list that is newer with an object in it that is older: the newer one stays', async () => {
    await follow(LONG);
    rig.change('older');
    await rig.equalsTruth();
    const old = rig.server.save();
    rig.change('newer');
    await rig.equalsTruth();
    const other = rig.served('default/other');
    rig.server.load({ ...old, version: rig.server.save().version });
    readAnew();
    expect(rig.truth().get('default/other')).not.toStrictEqual(other);
    await eventually(() => expect(has('new-newer')).toBe(false));
    await eventually(() => expect(rig.source.status().slices).toBe(rig.truth().size));
    expect(rig.served('default/other')).toStrictEqual(other);
    rig.change('behind');
    await rig.calm();
  });

  test('an object that is gone is sent again, late, on a watch that goes on: it does not stay', async () => {
    rig = await HostileRig.open({ limits: { watchMs: LONG } });
    if (reading === 'pages') rig.server.faults.noWatchList = 'invalid';
    await rig.follow();
    const late = await ghostly();
    rig.server.delete(GHOST);
    await eventually(() => expect(has('ghost')).toBe(false));
    rig.server.sendRaw('Service', late);
    await ghostStaysAway();
  });

  test('an etcd that is restored from a backup: first doubted, then that is how things are', async () => {
    await follow(SHORT);
    const backup = rig.server.save();
    rig.change('lost');
    rig.change('as-well');
    await rig.equalsTruth();
    answerFrom(backup);
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

test('an object that is deleted inside of a watch-list is sent again behind that: it does not stay', async () => {
  rig = await HostileRig.open({ pace: { readingMs: LONG }, limits: { watchMs: LONG, bodyMs: LONG } });
  await rig.follow();
  const late = await ghostly();
  const ends: string[] = [];
  rig.server.tricks = {
    line(line, kind) {
      if (kind !== 'Service' || !line.includes('k8s.io/initial-events-end')) return line;
      ends.push(line);
      return '';
    },
  };
  readAnew();
  await eventually(() => expect(ends).toHaveLength(1));
  rig.server.tricks = {};
  rig.server.delete(GHOST);
  rig.server.sendRaw('Service', late + ends.join(''));
  await ghostStaysAway();
});
