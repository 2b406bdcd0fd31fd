import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { askStatus } from '../../src/cli/agent-socket.ts';
import type { Status } from '../../src/model/status.ts';
import { eventually, NODE, RANGE } from './agent-rig.ts';
import { Network } from './gobgpd-network.ts';

const API = '10.22.108.10';
/** That of the Service `kubernetes`: on this node it leads to the node itself, where nobody listens. */
const CLUSTER_IP = '10.99.66.1';
const PORT = 6443;

let network: Network;
let folder: string;
const processes: ChildProcess[] = [];

/** A node that has its range bound, as an earlier agent has left it, and an API server beside it. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-api-path-'));
  network = await Network.create(NODE, [API]);
  const bind = network.spawn(['ip', 'route', 'add', 'local', RANGE, 'dev', 'lo']);
  expect(await once(bind, 'exit')).toStrictEqual([0, null]);
});

afterEach(async () => {
  await Promise.all(processes.splice(0).map((one) => end(one)));
  await network?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

async function end(one: ChildProcess): Promise<void> {
  if (one.exitCode !== null || one.signalCode !== null) return;
  const exit = once(one, 'exit');
  one.kill('SIGKILL');
  await exit;
}

async function startServer(...services: readonly string[]): Promise<ChildProcess> {
  const file = join(import.meta.dirname, 'api-path-server.ts');
  const server = network.spawn([process.execPath, file, API, String(PORT), ...services], ['ignore', 'pipe', 'inherit']);
  processes.push(server);
  expect(String(await Promise.race([once(server.stdout as NodeJS.ReadableStream, 'data'), once(server, 'exit')]))).toBe(
    'ready\n',
  );
  return server;
}

/** The agent as it is run, which is told the API server by its kubeconfig. */
async function startAgent(server: string): Promise<() => Promise<Status>> {
  const socket = join(folder, 'agent.sock');
  const cluster = { server: `http://${server}:${PORT}`, 'insecure-skip-tls-verify': true };
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'test', user: { token: 'secret' } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  };
  await writeFile(join(folder, 'kubeconfig'), JSON.stringify(kubeconfig));
  const config = join(folder, 'config.yaml');
  await writeFile(
    config,
    `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
source: { kubernetes: { kubeconfig: ${folder}/kubeconfig } }
ranges: [${RANGE}]
dataplane: { mode: none }
http: { socket: ${socket} }
bgp: { localAs: 64512, routerId: ${NODE}, peers: [{ address: 10.22.108.1, as: 64500 }] }
`,
  );
  const main = join(import.meta.dirname, '../../src/cli/main.ts');
  processes.push(network.spawn([process.execPath, main, 'run', '--config', config]));
  return async () => (await askStatus(socket)).status;
}

const codesOf = ({ conditions }: Status): string[] => conditions.map(({ code }) => code);

test('by a direct address the agent comes up and keeps up, although its range is bound and the ClusterIP answers nobody', async () => {
  const first = await startServer('web');
  const status = await startAgent(API);
  await eventually(async () =>
    expect((await status()).source).toMatchObject({ synced: true, services: 2, server: API }),
  );
  expect(codesOf(await status())).not.toContain('api-through-own-range');
  await end(first);
  await eventually(async () => expect(codesOf(await status())).toContain('source-stale'));
  await startServer('web', 'shop');
  await eventually(async () => {
    const { source, ...now } = await status();
    expect(source.services).toBe(3);
    expect(codesOf({ source, ...now })).not.toContain('source-stale');
  }, 50_000);
});

test('by that ClusterIP it learns nothing, and says what the matter is', async () => {
  await startServer('web');
  const status = await startAgent(CLUSTER_IP);
  await eventually(async () => expect((await status()).source.problem).toContain('ECONNREFUSED'));
  const { conditions, source } = await status();
  expect(source).toMatchObject({ synced: false, services: 0 });
  expect(conditions).toContainEqual({
    code: 'api-through-own-range',
    detail: `the API server is asked at ${CLUSTER_IP}, which lies in ${RANGE}`,
  });
});
