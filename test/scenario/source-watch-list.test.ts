import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Source } from '../../src/source/source.ts';
import { type ApiObject, service } from './api-objects.ts';
import { ApiServer } from './api-server.ts';
import { eventually, openSource, SERVICES } from './kubernetes-source.ts';

let directory: string;
let server: ApiServer;
let source: Source;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-source-'));
  server = new ApiServer();
  await server.up();
  await writeFile(join(directory, 'kubeconfig'), server.kubeconfig());
  source = openSource(directory);
});

afterEach(async () => {
  await source.stop();
  await server.down();
  await rm(directory, { recursive: true });
});

const names = () => [...source.snapshot().services.keys()].toSorted();
const queries = () => server.requests.filter(({ pathname }) => pathname === SERVICES).map((url) => url.searchParams);
const lists = () => server.count(SERVICES, 'list');
const watchLists = () => server.count(SERVICES, 'watch-list');

/** A line of a watch, with an object of a version. */
const line = (type: string, object: ApiObject | object, resourceVersion: string, annotations = {}): string => {
  const metadata = 'metadata' in object && object.metadata instanceof Object ? object.metadata : {};
  return `${JSON.stringify({ type, object: { ...object, metadata: { ...metadata, annotations, resourceVersion } } })}\n`;
};

const END = line('BOOKMARK', { kind: 'Service' }, '1500', { 'k8s.io/initial-events-end': 'true' });

/** Lets the test itself say all that the watches of Services bring, from the first of them on. */
async function speak(): Promise<void> {
  server.faults.noInitialEvents = true;
  source.start(() => {});
  await eventually(() => expect(server.watches).toBe(3));
}

test('is asked for by the words of KEP-3157, and the watch goes on from where it ended', async () => {
  server.put(service('web', '10.99.66.10'));
  source.start(() => {});
  await eventually(() => expect(source.status().synced).toBe(true));
  const [first] = queries();
  expect(Object.fromEntries(first ?? [])).toMatchObject({
    watch: 'true',
    sendInitialEvents: 'true',
    resourceVersionMatch: 'NotOlderThan',
    allowWatchBookmarks: 'true',
  });
  expect(first?.has('resourceVersion')).toBe(false);
  server.endWatches();
  await eventually(() => expect(queries()).toHaveLength(2));
  expect(queries()[1]?.has('sendInitialEvents')).toBe(false);
  expect(queries()[1]?.get('resourceVersion')).toBe('1001');
  expect(lists()).toBe(0);
});

describe('until its end', () => {
  // Longer than a test takes: whatever it says comes in time.
  beforeEach(() => void (source = openSource(directory, {}, { bodyMs: 30_000 })));

  test('nothing counts as synced, and nothing that was known goes away', async () => {
    await speak();
    server.sendRaw('Service', line('ADDED', service('web', '10.99.66.10'), '1200'));
    server.bookmark();
    server.sendRaw('Service', line('ADDED', service('web2', '10.99.66.11'), '1100'));
    await eventually(() => expect(names()).toStrictEqual(['default/web', 'default/web2']));
    expect(source.status().synced).toBe(false);
    for (const kind of ['Service', 'EndpointSlice', 'Node']) server.sendRaw(kind, END);
    await eventually(() => expect(source.status().synced).toBe(true));
  });

  test('what has been sent and deleted since is not there in the end', async () => {
    await speak();
    server.sendRaw('Service', line('ADDED', service('web', '10.99.66.10'), '1200'));
    server.sendRaw('Service', line('ADDED', service('old', '10.99.66.11'), '1100'));
    server.sendRaw('Service', line('DELETED', service('old', '10.99.66.11'), '1400'));
    server.sendRaw('Service', END);
    await eventually(() => expect(names()).toStrictEqual(['default/web']));
  });

  test('an end of the connection starts it over: no version of an object is one to go on from', async () => {
    await speak();
    server.sendRaw('Service', line('ADDED', service('web', '10.99.66.10'), '1200'));
    await eventually(() => expect(names()).toStrictEqual(['default/web']));
    delete server.faults.noInitialEvents;
    server.reset();
    await eventually(() => expect(watchLists()).toBe(2));
    // It is the server's truth in the end: this Service never was in it.
    server.put(service('other', '10.99.66.12'));
    await eventually(() => expect(names()).toStrictEqual(['default/other']));
    expect(lists()).toBe(0);
  });
});

describe('where a watch-list does not work, pages are read instead', () => {
  test.each(['invalid', 'bad-request'] as const)('refused as %s: at once, and for a while', async (refusal) => {
    server.faults.noWatchList = refusal;
    server.put(service('web', '10.99.66.10'));
    source.start(() => {});
    await eventually(() => expect(source.status()).toMatchObject({ synced: true, problem: undefined }));
    expect([watchLists(), lists()]).toStrictEqual([1, 1]);
    server.compact();
    server.endWatches();
    await eventually(() => expect(lists()).toBe(2));
    expect(watchLists()).toBe(1);
  });

  test('once the ten minutes are over, an upgraded server is asked for it again', async () => {
    let now = Date.now();
    await source.stop();
    source = openSource(directory, {}, { now: () => now });
    server.faults.noWatchList = 'invalid';
    source.start(() => {});
    await eventually(() => expect(source.status().synced).toBe(true));
    delete server.faults.noWatchList;
    now += 600_000;
    server.compact();
    server.endWatches();
    await eventually(() => expect(watchLists()).toBe(2));
  });

  test('accepted as a plain watch, which never says that all has been sent', async () => {
    server.put(service('web', '10.99.66.10'));
    await speak();
    await eventually(() => expect(source.status()).toMatchObject({ synced: true, services: 1 }));
    expect([watchLists(), lists()]).toStrictEqual([1, 1]);
  });

  test('ended by the server before all was sent', async () => {
    server.put(service('web', '10.99.66.10'));
    await speak();
    server.endWatches();
    await eventually(() => expect(source.status()).toMatchObject({ synced: true, services: 1 }));
    expect([watchLists(), lists()]).toStrictEqual([1, 1]);
  });
});
