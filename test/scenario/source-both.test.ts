import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { createSource } from '../../src/source/create.ts';
import { endpointSlice, node, service } from './api-objects.ts';
import { ApiServer } from './api-server.ts';

const log = pino({ level: 'silent' });

const OBJECTS = [
  service('web', '10.99.66.10'),
  service('bad', 'x'),
  service('none', 'None'),
  endpointSlice('web', ['10.1.0.101', '10.1.0.102', 'leaf1']),
  { ...endpointSlice('other', []), endpoints: null, ports: null },
  node('lb-1', 'zone-a'),
  node('lb-2', 'zone-b'),
];

/** What is left out has no order: it comes over two connections from the one, and file by file from the other. */
const inOrder = (snapshot: Snapshot): Snapshot => ({
  ...snapshot,
  skipped: snapshot.skipped.toSorted((a, b) => (a.object < b.object ? -1 : 1)),
});

const KEYS = ['default/none', 'default/other', 'default/web'];

test('both sources make the same of the same objects', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-both-'));
  const server = new ApiServer();
  await server.up();
  for (const object of OBJECTS) server.put(object);
  await writeFile(join(directory, '.kubeconfig'), server.kubeconfig());
  await writeFile(join(directory, 'all.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items: OBJECTS }));

  const cluster = createSource(
    { kind: 'kubernetes', lostAfterMs: 30_000, kubeconfig: join(directory, '.kubeconfig') },
    'lb-1',
    log,
  );
  const files = createSource({ kind: 'manifests', directory }, 'lb-1', log);
  const changed = new Map([cluster, files].map((source) => [source, new Set<string>()]));
  for (const [source, keys] of changed) source.start((services) => services.forEach((key) => keys.add(key)));
  await vi.waitFor(() => expect([cluster.status().synced, files.status().synced]).toStrictEqual([true, true]), 5000);

  expect(inOrder(cluster.snapshot())).toStrictEqual(inOrder(files.snapshot()));
  expect(files.snapshot().zone).toBe('zone-a');
  expect([...changed.values()].map((keys) => [...keys].toSorted())).toStrictEqual([KEYS, KEYS]);
  expect(files.snapshot().skipped).toHaveLength(2);
  expect([...files.snapshot().services.keys()]).toStrictEqual(['default/web', 'default/none']);

  await Promise.all([cluster.stop(), files.stop()]);
  await server.down();
  await rm(directory, { recursive: true });
});
