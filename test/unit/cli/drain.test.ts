import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Drain } from '../../../src/model/drain.ts';
import type { Status } from '../../../src/model/status.ts';
import { STATUS, WITHDRAWN } from '../http/status.ts';

const MAIN = join(import.meta.dirname, '../../../src/cli/main.ts');

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function fairlead(...args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (part: string) => (out += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (err += part));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

const UNDER_WAY = { ...WITHDRAWN, drain: { ...(WITHDRAWN.drain as Drain), deadline: WITHDRAWN.at + 60_000 } };
const drained = (connections: number): Status => ({
  ...UNDER_WAY,
  drain: { ...UNDER_WAY.drain, stage: 'drained', connections, waiting: '' },
});

let directory: string;
let socket: string;
let server: Server;
/** What the agent was ordered, as `/path body`. */
let orders: string[];
/** What it says of itself, one after the other; the last one stands. */
let statuses: Status[];
let refusal: string | undefined;
let answer: object;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-cli-drain-'));
  socket = join(directory, 'agent.sock');
  [orders, statuses, refusal, answer] = [[], [UNDER_WAY], undefined, { drain: UNDER_WAY.drain }];
  server = createServer((request, response) => {
    if (request.method === 'GET') {
      const [status] = statuses.length > 1 ? statuses.splice(0, 1) : statuses;
      response.end(JSON.stringify(status));
      return;
    }
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      orders.push(`${request.url} ${body}`);
      if (refusal !== undefined) response.writeHead(400);
      response.end(refusal ?? JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
});
afterEach(async () => {
  server.close().closeAllConnections();
  await rm(directory, { recursive: true });
});

const LEFT = 'withdrawn, waits for 3 connections to end, 60 s left\n';

describe('drain', () => {
  test('returns once the order is taken, with the time that the agent is configured to take', async () => {
    expect(await fairlead('drain', '--socket', socket)).toStrictEqual({ code: 0, out: LEFT, err: '' });
    expect(orders).toStrictEqual(['/drain {"untilExit":false}']);
  });

  test('passes on its own time, and that it is for the end of this agent only', async () => {
    await fairlead('drain', '--socket', socket, '--timeout', '25s', '--until-exit');
    expect(orders).toStrictEqual(['/drain {"untilExit":true,"timeoutMs":25000}']);
  });

  test('--wait follows it, one line for each thing that changes, until no connection is left', async () => {
    statuses = [UNDER_WAY, UNDER_WAY, drained(0)];
    const { code, out } = await fairlead('drain', '--wait', '--socket', socket);
    expect(code).toBe(0);
    expect(out).toBe(`${LEFT}drained in 10 s: no connection left\n`);
  });

  test('--wait ends with 1 where some are left behind the time', async () => {
    statuses = [drained(2)];
    const { code, out } = await fairlead('drain', '--wait', '--socket', socket);
    expect([code, out]).toStrictEqual([1, 'drained in 10 s: 2 connections left\n']);
  });

  test('--json writes a value on each line', async () => {
    statuses = [UNDER_WAY, drained(0)];
    const { out } = await fairlead('drain', '--wait', '--json', '--socket', socket);
    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { done: boolean; drain: Drain });
    expect(lines.map(({ done, drain }) => [done, drain.stage])).toStrictEqual([
      [false, 'withdrawn'],
      [true, 'drained'],
    ]);
  });

  test.each(['10', '5 m', 'soon', '-1s', '25h'])('a time of %j ends with 2 and orders nothing', async (time) => {
    const { code, err } = await fairlead('drain', '--socket', socket, `--timeout=${time}`);
    expect(code).toBe(2);
    expect(err).toContain('expected a duration such as 25s or 5m');
    expect(orders).toStrictEqual([]);
  });

  test('without an agent ends with 3', async () => {
    const { code, err } = await fairlead('drain', '--wait', '--socket', join(directory, 'nobody.sock'));
    expect(code).toBe(3);
    expect(err).toContain('agent-unreachable');
  });

  test('an agent that does not take the order is said, with what it says', async () => {
    refusal = '{"error":"timeoutMs: Invalid input"}';
    const { code, err } = await fairlead('drain', '--socket', socket);
    expect(code).toBe(1);
    expect(err).toMatch(/^fairlead: order-refused: the agent answers 400: .*timeoutMs: Invalid input/);
  });
});

describe('undrain', () => {
  test('--wait follows it until the node is announced in full', async () => {
    statuses = [{ ...WITHDRAWN, drain: undefined }, STATUS];
    const { code, out } = await fairlead('undrain', '--wait', '--socket', socket);
    expect([code, out]).toStrictEqual([0, 'withdrawn: probe-failed (10.99.66.10:80 timed-out)\nannounced\n']);
    expect(orders).toStrictEqual(['/undrain {}']);
  });

  test('ends with 1 where something else asks for the drain still', async () => {
    statuses = [{ ...UNDER_WAY, drain: { ...UNDER_WAY.drain, by: ['annotation fairlead.io/drain'] } }];
    const { code, out } = await fairlead('undrain', '--socket', socket);
    expect([code, out]).toStrictEqual([1, `still asked for by annotation fairlead.io/drain: ${LEFT}`]);
  });
});

describe('handover', () => {
  test('gives the order, and says until when it stands', async () => {
    answer = { handOverUntil: Date.UTC(2026, 10, 23, 12, 2) };
    const { code, out } = await fairlead('handover', '--within', '2m', '--socket', socket);
    expect(orders).toStrictEqual(['/handover {"withinMs":120000}']);
    expect([code, out]).toStrictEqual([
      0,
      'until 2026-11-23T12:02:00.000Z an end of this agent leaves all to the next one\n',
    ]);
  });

  test('can be called off, and says so in JSON too', async () => {
    answer = { handOverUntil: null };
    const plain = await fairlead('handover', '--within', '0s', '--socket', socket);
    expect(plain.out).toBe('called off: an end of this agent withdraws\n');
    const json = await fairlead('handover', '--within', '0s', '--json', '--socket', socket);
    expect(json.out).toBe('{"handOverUntil":null}\n');
    expect(orders).toStrictEqual(['/handover {"withinMs":0}', '/handover {"withinMs":0}']);
  });

  test('leaves a preStop hook nothing to drain', async () => {
    answer = { drain: null };
    const { code, out } = await fairlead('drain', '--wait', '--until-exit', '--socket', socket);
    expect([code, out]).toStrictEqual([0, 'nothing to drain: this agent hands over to the next one\n']);
  });
});
