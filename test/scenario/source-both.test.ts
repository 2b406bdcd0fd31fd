import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { createSource } from '../../src/source/create.ts';
import { ApiServer, endpointSlice, service } from './api-server.ts';

const log = pino({ level: 'silent' });

const OBJECTS = [
  service('web', '10.99.66.10'),
  service('bad', 'x'),
  service('none', 'None'),
  endpointSlice('web', ['10.1.0.101', '10.1.0.102', 'leaf1']),
  { ...endpointSlice('other', []), endpoints: null, ports: null },
];

test('both sources make the same of the same objects', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-both-'));
  const server = new ApiServer();
  await server.up();
  for (const object of OBJECTS) server.put(object);
  await writeFile(join(directory, '.kubeconfig'), server.kubeconfig());
  await writeFile(join(directory, 'all.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items: OBJECTS }));

  const cluster = createSource({ kind: 'kubernetes', kubeconfig: join(directory, '.kubeconfig') }, log);
  const files = createSource({ kind: 'manifests', directory }, log);
  for (const source of [cluster, files]) source.start(() => {});
  await vi.waitFor(() => expect([cluster.status().synced, files.status().synced]).toStrictEqual([true, true]), 5000);

  expect(cluster.snapshot()).toStrictEqual(files.snapshot());
  expect(files.snapshot().skipped).toHaveLength(2);
  expect([...files.snapshot().services.keys()]).toStrictEqual(['default/web', 'default/none']);

  await Promise.all([cluster.stop(), files.stop()]);
  await server.down();
  await rm(directory, { recursive: true });
});
