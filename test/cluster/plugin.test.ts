import { symlinkSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { CHECKOUT } from '../../lab/machine/place.ts';
import { agentPod } from './agent-account.ts';
import { clusterForAll } from './for-all.ts';
import { clusterPrograms } from './programs.ts';

const MAIN = join(CHECKOUT, 'src/cli/kubectl/main.ts');
const PERSON = 'system:serviceaccount:default:person';
const cluster = clusterForAll();
let folder: string | undefined;

// Each starts kubectl some times, in series.
vi.setConfig({ testTimeout: 120_000 });

/** The pods of three agents, one of which has not started. Nobody runs them, so that no command can be run in them. */
beforeAll(async () => {
  if (cluster() === undefined) return;
  await cluster().installRights();
  for (const name of ['lb1', 'lb2', 'lb3']) {
    const { metadata, ...pod } = agentPod(name);
    await cluster().api.put({ ...pod, metadata: { ...metadata, labels: { app: 'fairlead' } } });
  }
  for (const name of ['lb1', 'lb2']) await patchStatus('pod', `fairlead-${name}`, { phase: 'Running' });
  // Of lb1 there is no Node; on the port of lb2 nobody listens.
  await cluster().kubectlWith('{"apiVersion":"v1","kind":"Node","metadata":{"name":"lb2"}}', 'apply', '-f', '-');
  const addresses = [{ type: 'InternalIP', address: '127.0.0.1' }];
  await patchStatus('node', 'lb2', { addresses, daemonEndpoints: { kubeletEndpoint: { Port: 9 } } });
});

async function patchStatus(kind: string, name: string, status: object): Promise<void> {
  const patch = JSON.stringify({ status });
  await cluster().kubectl('-n', 'fairlead', 'patch', kind, name, '--subresource', 'status', '-p', patch);
}

/** A folder for PATH, in which kubectl finds its plugin. */
beforeAll(async () => {
  if (cluster() === undefined) return;
  folder = await mkdtemp(join(tmpdir(), 'fairlead-plugin-'));
  symlinkSync(clusterPrograms().kubectl, join(folder, 'kubectl'));
  const script = `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`;
  await writeFile(join(folder, 'kubectl-fairlead'), script, { mode: 0o755 });
});
afterAll(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true });
});

/** `kubectl fairlead ...`, as somebody types it who has this kubeconfig. */
async function plugin(kubeconfig: string, ...args: readonly string[]) {
  const env = { PATH: `${folder}${delimiter}${process.env['PATH']}`, KUBECONFIG: kubeconfig };
  const { exitCode, stderr, stdout } = await execa('kubectl', ['fairlead', ...args], { env, reject: false });
  return { exitCode, stderr, stdout };
}

/** What each node says, by its name. */
async function problems(kubeconfig: string): Promise<Record<string, string>> {
  const { exitCode, stderr, stdout } = await plugin(kubeconfig, 'status', '--json', '--timeout', '60');
  expect([exitCode, stderr]).toStrictEqual([3, '']);
  const views = JSON.parse(stdout) as { node: string; problem: string }[];
  return Object.fromEntries(views.map(({ node, problem }) => [node, problem]));
}

test('a node in which nothing can be run is a row that says why in the words of kubectl', async () => {
  expect(await problems(cluster().adminKubeconfig)).toStrictEqual({
    lb1: expect.stringMatching(/^error: .*"lb1" not found$/),
    lb2: expect.stringMatching(/^error: .*dial tcp 127.0.0.1:9: connect: connection refused$/),
    lb3: 'its pod is Pending',
  });
  const { exitCode, stdout } = await plugin(cluster().adminKubeconfig, 'status', '--timeout', '60');
  expect(exitCode).toBe(3);
  expect(stdout).toMatch(
    /^Nodes\n {2}NODE .*\n {2}lb1 +no answer: error:[^]*\n {2}lb2 [^]*\n {2}lb3 +no answer: its pod/,
  );
});

test('what other commands cannot be run for is below the name of the node', async () => {
  // By its exit code, 1, kubectl does not tell that from a doctor who has found something.
  await patchStatus('pod', 'fairlead-lb3', { phase: 'Running' });
  const { exitCode, stdout } = await plugin(cluster().adminKubeconfig, 'doctor', '--timeout', '60');
  expect(exitCode).toBe(3);
  expect(stdout).toMatch(/^lb1\n {2}error: .*"lb1" not found\n\nlb2\n {2}error: .*refused\n\nlb3\n {2}error: /);
});

test('another namespace, by --kubeconfig as by the environment, has no agents', async () => {
  const { exitCode, stderr, stdout } = await plugin(
    '/nowhere',
    'status',
    '-n',
    'default',
    '--kubeconfig',
    cluster().adminKubeconfig,
  );
  expect([exitCode, stdout]).toStrictEqual([3, '']);
  expect(stderr).toContain('none with the label app=fairlead is on a node, in the namespace default');
});

/** The Role that the page shows. */
async function shownRole(): Promise<string> {
  const page = await readFile(join(CHECKOUT, 'docs/status.md'), 'utf8');
  const [, role = ''] = /^```yaml\n(apiVersion: rbac[^]*?)^```$/m.exec(page) ?? [];
  return role;
}

test('who has no rights is told which, and has them by the Role of docs/status.md', async () => {
  await cluster().kubectl('create', 'serviceaccount', 'person');
  const person = await cluster().kubeconfigFor({ token: await cluster().kubectl('create', 'token', 'person') });
  const may = (...args: readonly string[]) => cluster().kubectl('-n', 'fairlead', 'create', ...args);
  const bind = (role: string) => may('rolebinding', role, `--role=${role}`, '--serviceaccount=default:person');

  const without = await plugin(person, 'status');
  expect([without.exitCode, without.stdout]).toStrictEqual([3, '']);
  expect(without.stderr).toContain(`User "${PERSON}" cannot list resource "pods" in API group "" in the namespace`);

  await may('role', 'looks', '--verb=get,list', '--resource=pods');
  await bind('looks');
  const forbidden = expect.stringContaining(`User "${PERSON}" cannot create resource "pods/exec"`);
  await vi.waitFor(
    async () => expect(await problems(person)).toMatchObject({ lb1: forbidden, lb2: forbidden }),
    60_000,
  );

  await cluster().kubectl('-n', 'fairlead', 'delete', 'rolebinding', 'looks');
  await cluster().kubectlWith(await shownRole(), 'apply', '-f', '-');
  await bind('fairlead-plugin');
  const expected = { lb1: expect.stringMatching(/"lb1" not found$/), lb2: expect.stringMatching(/refused$/) };
  await vi.waitFor(async () => expect(await problems(person)).toMatchObject(expected), 60_000);
});
