import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Source } from '../../src/source/source.ts';
import { NO_MARKS } from '../../src/model/drain.ts';
import { endpointSlice, node, service } from './api-objects.ts';
import { ApiServer } from './api-server.ts';
import { NODES, openSource, SERVICES } from './kubernetes-source.ts';

let directory: string;
let server: ApiServer;
let source: Source;
/** The Services that were named since the last look. */
const told = new Set<string>();

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-changes-'));
  server = new ApiServer();
  await server.up();
  server.put(service('web', '10.99.66.10'));
  server.put(endpointSlice('web', ['10.1.0.101']));
  await writeFile(join(directory, 'kubeconfig'), server.kubeconfig());
  source = openSource(directory);
  told.clear();
});

afterEach(async () => {
  await source.stop();
  await server.down();
  await rm(directory, { recursive: true });
});

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 5000, interval: 5 });
const names = () => [...source.snapshot().services.keys()].toSorted();
const toldOf = () => [...told].toSorted();
const tells = (...keys: string[]) => eventually(() => expect(toldOf()).toStrictEqual(keys));

async function follow(): Promise<void> {
  source.start((services) => services.forEach((key) => told.add(key)));
  await eventually(() => expect(server.watches).toBe(3));
}

describe('changes are told by the Service they are of', () => {
  test('in itself, in its slices, and when it goes', async () => {
    server.put(service('dns', '10.99.66.53'));
    await follow();
    expect(toldOf()).toStrictEqual(['default/dns', 'default/web']);
    told.clear();
    server.put(endpointSlice('web', ['10.1.0.102']));
    await tells('default/web');
    told.clear();
    server.put(service('dns', '10.99.66.54'));
    await tells('default/dns');
    told.clear();
    server.delete(service('dns', '10.99.66.54'));
    await tells('default/dns');
    expect(names()).toStrictEqual(['default/web']);
  });

  test('with a slice that goes over to another one, and with one that goes', async () => {
    await follow();
    told.clear();
    const slice = endpointSlice('web', ['10.1.0.101'], { 'kubernetes.io/service-name': 'dns' });
    server.put(slice);
    await tells('default/dns', 'default/web');
    told.clear();
    server.delete(slice);
    await tells('default/dns');
    expect(source.snapshot().slices.size).toBe(0);
  });

  test('nothing where only something else about it changes, or everything is read again', async () => {
    await follow();
    told.clear();
    server.put(service('web', '10.99.66.10', { team: 'shop' }));
    server.compact();
    server.endWatches();
    await eventually(() => expect(server.count(SERVICES, 'watch-list')).toBe(2));
    await eventually(() => expect(server.watches).toBe(3));
    expect(toldOf()).toStrictEqual([]);
  });

  test('what was lost while the watch was away is told with the list', async () => {
    server.put(service('old', '10.99.66.99'));
    await follow();
    told.clear();
    server.forget(service('old', '10.99.66.99'));
    server.compact();
    server.endWatches();
    await tells('default/old');
  });

  test('all of them when this node moves to another zone, and none for another node', async () => {
    server.put(node('lb-1', 'zone-a'));
    server.put(service('dns', '10.99.66.53'));
    await follow();
    await eventually(() => expect(source.snapshot().zone).toBe('zone-a'));
    told.clear();
    server.put(node('lb-2', 'zone-c'));
    server.put(node('lb-1', 'zone-b'));
    await tells('default/dns', 'default/web');
    expect(source.snapshot()).toMatchObject({
      zone: 'zone-b',
      labels: { 'topology.kubernetes.io/zone': 'zone-b' },
    });
    server.delete(node('lb-1', 'zone-b'));
    await eventually(() => expect(source.snapshot().zone).toBeUndefined());
    const query = server.requests.find((url) => url.pathname === NODES)?.searchParams;
    expect(query?.get('fieldSelector')).toBe('metadata.name=lb-1');
  });
});

test('what this Node says of its maintenance is told, and stays said when it is deleted', async () => {
  const DRAIN = { ...NO_MARKS, drain: true };
  let calls = 0;
  source.start(() => (calls += 1));
  await eventually(() => expect(source.status().synced).toBe(true));
  expect(source.snapshot().marks).toBeUndefined();
  server.put(node('lb-1', 'zone-a'));
  await eventually(() => expect(source.snapshot().marks).toStrictEqual(NO_MARKS));
  const before = calls;
  server.put(node('lb-1', 'zone-a', { 'fairlead.io/drain': 'true' }));
  await eventually(() => expect(source.snapshot().marks).toStrictEqual(DRAIN));
  await eventually(() => expect(calls).toBeGreaterThan(before));
  server.delete(node('lb-1', 'zone-a'));
  await eventually(() => expect(source.snapshot().zone).toBeUndefined());
  expect(source.snapshot().marks).toStrictEqual(DRAIN);
  server.put(node('lb-1', 'zone-a'));
  await eventually(() => expect(source.snapshot().marks).toStrictEqual(NO_MARKS));
});

test('a Node that must not be read is a problem with a name, and everything is served without its zone', async () => {
  server.faults.forbidden = NODES;
  source.start(() => {});
  await eventually(() => expect(source.status()).toMatchObject({ synced: true, problem: 'HTTP 403: forbidden' }));
  expect(names()).toStrictEqual(['default/web']);
  delete server.faults.forbidden;
  server.put(node('lb-1', 'zone-a'));
  await eventually(() => expect(source.snapshot().zone).toBe('zone-a'));
  await eventually(() => expect(source.status().problem).toBeUndefined());
});
