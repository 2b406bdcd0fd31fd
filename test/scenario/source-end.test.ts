import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Source } from '../../src/source/source.ts';
import { service } from './api-objects.ts';
import { ApiServer } from './api-server.ts';
import { eventually, openSource } from './kubernetes-source.ts';

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
  await server.down().catch(() => {});
  await rm(directory, { recursive: true });
});

test('a token that is refused, and a kubeconfig that is missing, are problems with a name', async () => {
  await writeFile(join(directory, 'kubeconfig'), server.kubeconfig().replace('secret', 'stale'));
  source.start(() => {});
  await eventually(() => expect(source.status().problem).toBe('HTTP 401: Unauthorized'));
  await rm(join(directory, 'kubeconfig'));
  await eventually(() => expect(source.status().problem).toContain('ENOENT'));
  // It is read again at every attempt, so that a rotated token needs no restart.
  await writeFile(join(directory, 'kubeconfig'), server.kubeconfig());
  await eventually(() => expect(source.status()).toMatchObject({ synced: true, problem: undefined }));
});

test('the end leaves no connection and calls nobody', async () => {
  let changes = 0;
  source.start(() => void changes++);
  await eventually(() => expect(server.watches).toBe(3));
  await source.stop();
  await eventually(() => expect(server.connections).toBe(0));
  const before = changes;
  server.put(service('late', '10.99.66.77'));
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(changes).toBe(before);
});

test('the end does not wait for a delay that is under way', async () => {
  await server.down();
  source = openSource(directory, { firstDelayMs: 60_000, longestDelayMs: 60_000 });
  source.start(() => {});
  await eventually(() => expect(source.status().problem).toBeDefined());
  const startedAt = Date.now();
  await source.stop();
  expect(Date.now() - startedAt).toBeLessThan(10_000);
});
