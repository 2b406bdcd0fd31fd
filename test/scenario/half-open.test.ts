import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Network } from './gobgpd-network.ts';

const SERVER = '10.77.0.1';
/** The least there is: TCP itself takes ten of them. */
const LOST_AFTER_MS = 15_000;

interface State {
  readonly at: number;
  readonly synced: boolean;
  readonly problem: string;
}

let directory: string;
let network: Network;
let server: ChildProcess;
let source: ChildProcess;
let states: State[];

const script = (name: string) => join(import.meta.dirname, `${name}.ts`);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-half-open-'));
  network = await Network.create('10.77.0.2', [SERVER]);
  // A loopback interface lets everything through, whatever a policy says, unless it is told not to.
  for (const key of ['disable_policy', 'disable_xfrm']) await run('sysctl', '-qw', `net.ipv4.conf.lo.${key}=0`);
  const kubeconfig = join(directory, 'kubeconfig');
  const piped = ['ignore', 'pipe', 'inherit'] as const;
  server = network.spawn([process.execPath, script('half-open-server'), SERVER, kubeconfig], [...piped]);
  await once(server.stdout ?? server, 'data');
  source = network.spawn([process.execPath, script('half-open-source'), kubeconfig, String(LOST_AFTER_MS)], [...piped]);
  states = [];
  for (const stream of [source.stdout ?? []].flat()) {
    createInterface({ input: stream }).on('line', (line) => {
      const [at = '', state = ''] = line.split(/ (.*)/);
      states.push({ at: Number(at), ...(JSON.parse(state) as Omit<State, 'at'>) });
    });
  }
  await vi.waitFor(() => expect(states.at(-1)).toMatchObject({ synced: true, problem: '' }), { timeout: 20_000 });
});

afterEach(async () => {
  server.kill('SIGCONT');
  for (const process of [source, server]) {
    const gone = once(process, 'exit');
    process.kill();
    await gone;
  }
  await network[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function run(...argv: string[]): Promise<void> {
  const [code] = (await once(network.spawn(argv), 'exit')) as [number];
  expect(code).toBe(0);
}

/** Waits for the next state in which there is a problem, or none, and says which one and when. */
async function next(problem: boolean, from: number): Promise<State> {
  return vi.waitFor(
    () => {
      const found = states.find((state) => state.at >= from && (state.problem !== '') === problem);
      if (found) return found;
      throw new Error(`expected a problem: ${problem}, found ${JSON.stringify(states)}`);
    },
    { timeout: 50_000, interval: 50 },
  );
}

const DROP = ['ip', 'xfrm', 'policy'];
const TO_SERVER = ['dir', 'in', 'src', '0.0.0.0/0', 'dst', `${SERVER}/32`];

test('packets that are dropped on the way are noticed in time, and the watches go on once they come through', async () => {
  const from = Date.now();
  await run(...DROP, 'add', ...TO_SERVER, 'action', 'block');
  const lost = await next(true, from);
  expect(lost).toMatchObject({ synced: true });
  expect(lost.at - from).toBeLessThan(45_000);
  await run(...DROP, 'delete', ...TO_SERVER);
  await next(false, lost.at);
}, 120_000);

test('a server that is stopped, whose kernel still takes what it is sent, is noticed in time', async () => {
  const from = Date.now();
  server.kill('SIGSTOP');
  const lost = await next(true, from);
  expect(lost).toMatchObject({ synced: true });
  expect(lost.at - from).toBeLessThan(45_000);
  server.kill('SIGCONT');
  await next(false, lost.at);
}, 120_000);
