import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Source } from '../../src/source/source.ts';
import { endpointSlice, service } from './api-objects.ts';
import { ApiServer } from './api-server.ts';
import { eventually, openSource, SERVICES, SLICES } from './kubernetes-source.ts';

let directory: string;
let server: ApiServer;
let source: Source;
let changes: number;

/** How everything is read: as the beginning of a watch, or in pages, where the API server does not know the first. */
let way: 'watch-list' | 'pages';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-source-'));
  server = new ApiServer();
  await server.up();
  server.put(service('web', '10.99.66.10'));
  server.put(endpointSlice('web', ['10.1.0.101']));
  await writeFile(join(directory, 'kubeconfig'), server.kubeconfig());
  source = openSource(directory);
  changes = 0;
});

afterEach(async () => {
  await source.stop();
  if (server.connections > 0) await eventually(() => expect(server.connections).toBe(0));
  await server.down().catch(() => {});
  await rm(directory, { recursive: true });
});

const names = () => [...source.snapshot().services.keys()].toSorted();
const endpoints = () =>
  source
    .snapshot()
    .slices.get('default/web')
    ?.flatMap((slice) => slice.endpoints.map(({ address }) => address));

/** How often everything was read. */
const readings = (path: string) => server.count(path, way === 'pages' ? 'list' : 'watch-list');
/** How often a watch was to go on from where it was. */
const resumed = (path: string) => server.count(path, 'watch') - server.count(path, 'watch-list');

/** Starts the source and waits until all watches are there. */
async function follow(): Promise<void> {
  source.start(() => void changes++);
  await eventually(() => expect(server.watches).toBe(3));
  await eventually(() =>
    expect(source.status()).toMatchObject({ kind: 'kubernetes', synced: true, problem: undefined }),
  );
}

/** Shows that events still arrive. */
async function stillFollows(): Promise<void> {
  const address = `10.1.0.${1 + Math.floor(Math.random() * 250)}`;
  server.put(endpointSlice('web', [address]));
  await eventually(() => expect(endpoints()).toStrictEqual([address]));
  await eventually(() => expect(source.status().problem).toBeUndefined());
}

/** Waits until each of the two has asked twice more: the first of the two answers is then behind it. */
async function refusedAgain(): Promise<void> {
  for (const path of [SERVICES, SLICES]) {
    const before = server.count(path, 'watch');
    await eventually(() => expect(server.count(path, 'watch')).toBeGreaterThanOrEqual(before + 2));
  }
}

describe.each(['watch-list', 'pages'] as const)('with %s', (each) => {
  beforeEach(() => {
    way = each;
    if (way === 'pages') server.faults.noWatchList = 'invalid';
  });

  describe('in quiet times', () => {
    test('reads everything, then follows every event', async () => {
      for (let i = 1; i < 250; i++) server.put(service(`s${i}`, `10.99.66.${i}`));
      await follow();
      expect(server.count(SERVICES, 'list')).toBe(way === 'pages' ? 3 : 0);
      expect(server.count(SERVICES, 'watch-list')).toBe(1);
      expect(source.status()).toMatchObject({ services: 250, slices: 1 });
      const before = changes;
      server.put(service('new', '10.99.67.1'));
      await eventually(() => expect(names()).toContain('default/new'));
      server.delete(service('s1', '10.99.66.1'));
      await eventually(() => expect(names()).not.toContain('default/s1'));
      expect(changes).toBeGreaterThanOrEqual(before + 2);
      expect(source.status().lastContactAt).toBeGreaterThan(Date.now() - 5000);
    });

    test('asks for what kube-proxy asks for, with bookmarks and an end', async () => {
      await follow();
      const query = server.requests.findLast(
        (url) => url.pathname === SERVICES && url.searchParams.has('watch'),
      )?.searchParams;
      const selector = '!service.kubernetes.io/service-proxy-name,!service.kubernetes.io/headless';
      expect(query?.get('labelSelector')).toBe(selector);
      expect(query?.get('allowWatchBookmarks')).toBe('true');
      expect(Number(query?.get('timeoutSeconds'))).toBeGreaterThanOrEqual(300);
    });

    test('an object that the selector should have kept away is excluded all the same', async () => {
      await follow();
      server.put(service('web', '10.99.66.10', { 'service.kubernetes.io/service-proxy-name': 'other' }));
      await eventually(() => {
        expect(source.snapshot().services.get('default/web')).toMatchObject({
          excluded: 'other-proxy',
          clusterIPs: [],
        });
      });
    });

    test('a label that makes a slice belong to nobody takes it away', async () => {
      await follow();
      server.put(endpointSlice('web', ['10.1.0.101'], { 'kubernetes.io/service-name': '' }));
      await eventually(() => expect(source.status().slices).toBe(0));
    });

    test('an object that cannot be used is skipped by name, and no longer once it is repaired or gone', async () => {
      await follow();
      server.put(service('bad', 'x'));
      await eventually(() => expect(source.snapshot().skipped).toMatchObject([{ object: 'Service default/bad' }]));
      server.put(service('bad', '10.99.66.11'));
      await eventually(() => expect(source.snapshot().skipped).toStrictEqual([]));
    });

    test('bookmarks move the version to resume from, so that compaction of old events costs nothing', async () => {
      await follow();
      server.compact();
      server.bookmark();
      await stillFollows();
      const before = resumed(SERVICES);
      server.endWatches();
      await eventually(() => expect(resumed(SERVICES)).toBe(before + 1));
      await stillFollows();
      expect([readings(SERVICES), readings(SLICES)]).toStrictEqual([1, 1]);
    });

    test('chunks that end inside a line and inside a character change nothing', async () => {
      await follow();
      server.chunkBytes = 3;
      const note = { note: 'für 負荷分散 🚢' };
      server.put({ ...endpointSlice('web', ['10.1.0.102']), annotations: note });
      await eventually(() => expect(endpoints()).toStrictEqual(['10.1.0.102']));
      expect(readings(SLICES)).toBe(1);
    });
  });

  describe('what breaks is taken up again, and nothing is lost meanwhile', () => {
    test('reset connections: the watch resumes without a list and without a problem', async () => {
      await follow();
      server.reset();
      server.put(endpointSlice('web', ['10.1.0.7']));
      await eventually(() => expect(endpoints()).toStrictEqual(['10.1.0.7']));
      expect(source.status().problem).toBeUndefined();
      expect(readings(SLICES)).toBe(1);
    });

    test('410 as an ERROR event: everything is listed anew, and what went away meanwhile is gone', async () => {
      server.put(service('old', '10.99.66.99'));
      await follow();
      server.forget(service('old', '10.99.66.99'));
      server.compact();
      server.endWatches();
      await eventually(() => expect(names()).toStrictEqual(['default/web']));
      expect(readings(SERVICES)).toBe(2);
    });

    test('410 as an HTTP status: everything is listed anew', async () => {
      await follow();
      server.faults.watch = 410;
      server.endWatches();
      await eventually(() => expect(readings(SERVICES)).toBe(2));
      delete server.faults.watch;
      await stillFollows();
    });

    test('410 for ever: no storm of lists, and a problem is reported', async () => {
      await follow();
      server.faults.watch = 410;
      server.endWatches();
      await eventually(() => expect(source.status().problem).toContain('HTTP 410'));
      const before = readings(SERVICES);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      expect(readings(SERVICES) - before).toBeLessThan(15);
      expect(names()).toStrictEqual(['default/web']);
    });

    test.each([
      ['a line that is no JSON', '{"type":"ADDED","object":{\n'],
      ['an event without a name', '{"type":"ADDED","object":{"metadata":{"resourceVersion":"1"}}}\n'],
      ['an unknown type', '{"type":"EXPLODED","object":{"metadata":{"name":"a","resourceVersion":"1"}}}\n'],
      ['null', 'null\n'],
    ])('%s: everything is listed anew', async (_title, text) => {
      await follow();
      server.sendRaw('EndpointSlice', text);
      // At once: not when the watch has fallen silent.
      await vi.waitFor(() => expect(readings(SLICES)).toBe(2), { timeout: 500, interval: 5 });
      await stillFollows();
    });

    test('an ERROR event of another kind: the watch resumes without a list', async () => {
      await follow();
      const before = resumed(SLICES);
      const status = { kind: 'Status', code: 500, message: 'etcdserver: leader changed' };
      server.sendRaw('EndpointSlice', `${JSON.stringify({ type: 'ERROR', object: status })}\n`);
      await eventually(() => expect(resumed(SLICES)).toBe(before + 1));
      await stillFollows();
      expect(readings(SLICES)).toBe(1);
    });

    test('an answer that never comes: the request is given up and a problem reported', async () => {
      await follow();
      server.faults.silent = true;
      server.endWatches();
      await eventually(() => expect(source.status().problem).toBe('no answer within 300 ms'));
      server.faults.silent = false;
      await stillFollows();
    });

    test('a watch that falls silent is opened anew; bookmarks alone keep it open', async () => {
      await follow();
      const before = resumed(SLICES);
      const bookmarks = setInterval(() => server.bookmark(), 200);
      await new Promise((resolve) => setTimeout(resolve, 1300));
      clearInterval(bookmarks);
      expect(resumed(SLICES)).toBe(before);
      await eventually(() => expect(resumed(SLICES)).toBe(before + 1));
      expect(source.status().problem).toBeUndefined();
    });

    test('an empty list where objects were known is believed only once it has been confirmed', async () => {
      await follow();
      server.forget(service('web', '10.99.66.10'));
      server.compact();
      server.endWatches();
      await eventually(() => expect(names()).toStrictEqual([]));
      expect(readings(SERVICES)).toBeGreaterThanOrEqual(3);
    });
  });

  describe('an outage withdraws nothing', () => {
    test('503 for a while: the state stays, the problem is named, then all goes on', async () => {
      await follow();
      Object.assign(server.faults, { watch: 503, list: 503 });
      server.reset();
      await eventually(() => expect(source.status().problem).toBe('HTTP 503: told to fail'));
      await refusedAgain();
      const contact = source.status().lastContactAt;
      await refusedAgain();
      expect(names()).toStrictEqual(['default/web']);
      expect(source.status()).toMatchObject({ synced: true, services: 1, slices: 1 });
      expect(source.status().lastContactAt).toBe(contact);
      delete server.faults.watch;
      delete server.faults.list;
      await stillFollows();
    });

    test('a Retry-After is kept to', async () => {
      await follow();
      const before = resumed(SERVICES);
      Object.assign(server.faults, { watch: 429, retryAfter: 1 });
      server.endWatches();
      await eventually(() => expect(resumed(SERVICES)).toBe(before + 1));
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(resumed(SERVICES)).toBe(before + 1);
      expect(source.status().problem).toContain('429');
    });

    test('the server goes away and comes back', async () => {
      await follow();
      await server.down();
      await eventually(() => expect(source.status().problem).toContain('ECONNREFUSED'));
      expect(names()).toStrictEqual(['default/web']);
      await server.up();
      await stillFollows();
    });

    test('a server that is away at the start is no sync, and is found once it is there', async () => {
      await server.down();
      source.start(() => {});
      await eventually(() => expect(source.status().problem).toContain('ECONNREFUSED'));
      expect(source.status()).toMatchObject({ synced: false, lastContactAt: undefined });
      await server.up();
      await eventually(() => expect(source.status().synced).toBe(true));
      await stillFollows();
    });
  });
});
