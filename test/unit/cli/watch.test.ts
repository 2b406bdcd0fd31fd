import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Status } from '../../../src/model/status.ts';
import { UNREAD } from '../../../src/model/traffic.ts';
import { STATUS, WITHDRAWN } from '../http/status.ts';

const MAIN = join(import.meta.dirname, '../../../src/cli/main.ts');
const PATIENCE = { timeout: 30_000, interval: 50 };

let directory: string;
let socket: string;
let agent: Server | undefined;
let watching: ChildProcess | undefined;
let status: Status;
let written: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-watch-'));
  socket = join(directory, 'agent.sock');
  [status, written] = [STATUS, ''];
});
afterEach(async () => {
  watching?.kill('SIGKILL');
  await stopAgent();
  await rm(directory, { recursive: true });
});

async function startAgent(): Promise<void> {
  agent = createServer(({ url }, response) => response.end(JSON.stringify(url === '/traffic' ? UNREAD : status)));
  await new Promise<void>((resolve) => agent?.listen(socket, resolve));
}

async function stopAgent(): Promise<void> {
  const [ending, ended] = [agent, Promise.withResolvers<void>()];
  agent = undefined;
  if (ending === undefined) return;
  ending.close(() => ended.resolve()).closeAllConnections();
  await ended.promise;
}

function start(file: string, ...args: readonly string[]): { child: ChildProcess; code: Promise<number | null> } {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  watching = child;
  child.stdout.setEncoding('utf8').on('data', (part: string) => (written += part));
  return { child, code: new Promise((resolve) => child.on('close', resolve)) };
}

const WATCH = ['status', '--watch', '--socket'] as const;

/** Waits until a text is written. */
const says = (text: string): Promise<void> => vi.waitFor(() => expect(written).toContain(text), PATIENCE);

/** Without the moments at which they were written. */
const lines = (): string[] =>
  written
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^\d\S+Z /, ''));

test('on a pipe there is a line for each transition, through an end of the agent, until a signal comes', async () => {
  const { child, code } = start(process.execPath, MAIN, ...WATCH, socket);
  await says('the agent does not answer: the agent does not answer on');
  await startAgent();
  await says('10.22.108.2 active');
  status = WITHDRAWN;
  await says('cleared peer-down');
  await stopAgent();
  await vi.waitFor(() => expect(written.match(/the agent does not answer:/g)).toHaveLength(2), PATIENCE);
  await startAgent();
  await vi.waitFor(() => expect(written.match(/the agent answers/g)).toHaveLength(2), PATIENCE);
  child.kill('SIGTERM');
  expect(await code).toBe(1);
  expect(lines().filter((line) => !line.startsWith('the agent does not'))).toStrictEqual([
    'the agent answers',
    'announced: 10.99.66.0/23',
    'raised peer-down (reports): 10.22.108.2 is active',
    'peer 10.22.108.1 established',
    'peer 10.22.108.2 active: hold timer expired',
    'withdrawn: probe-failed: 10.99.66.10:80 timed-out',
    'drain by order: withdrawn',
    'raised probe-failed (withdraws): 10.99.66.10:80 timed-out',
    'cleared peer-down',
    'the agent answers',
  ]);
});

test('for machines there is the status at each transition, and 3 where the agent is gone at the end', async () => {
  await startAgent();
  const { child, code } = start(process.execPath, MAIN, ...WATCH, socket, '--json');
  await says('"announced"');
  await stopAgent();
  await says('"problem"');
  child.kill('SIGINT');
  expect(await code).toBe(3);
  const [first, second] = lines().map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(first).toMatchObject({ node: 'lb-1', traffic: UNREAD });
  expect(second).toMatchObject({ problem: expect.stringContaining('does not answer') as string });
});

test('whoever reads no more ends it', async () => {
  await startAgent();
  const { child, code } = start(process.execPath, MAIN, ...WATCH, socket);
  await says('10.22.108.2 active: hold timer expired\n');
  child.stdout?.destroy();
  status = WITHDRAWN;
  expect(await code).toBe(1);
});

const ENTER = '\u001B[?1049h';
const LEAVE = '\u001B[?1049l';

test('on a terminal the screen is drawn in place, says when the agent is away, and is given back on Ctrl-C', async () => {
  await startAgent();
  // A shell in between would end by the same Ctrl-C.
  const command = ['exec', process.execPath, MAIN, ...WATCH, socket].join(' ');
  const { child, code } = start('script', '--quiet', '--return', '--command', command, '/dev/null');
  await says('announced for 90 s');
  expect(written.startsWith(ENTER)).toBe(true);
  expect(written).toContain('\u001B[32mannounced');
  status = WITHDRAWN;
  await says('\u001B[31mwithdrawn for 60 s');
  await stopAgent();
  await says('the agent does not answer since 2');
  expect(written.split(ENTER)).toHaveLength(2);
  expect(written).not.toContain(LEAVE);
  child.stdin?.write('\u0003');
  expect(await code).toBe(3);
  expect(written.trimEnd().endsWith(`\u001B[?25h${LEAVE}`)).toBe(true);
});
