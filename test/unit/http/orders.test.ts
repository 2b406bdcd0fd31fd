import { mkdtemp, rm, stat } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Drain } from '../../../src/model/drain.ts';
import { UNREAD } from '../../../src/model/traffic.ts';
import { serveHttp } from '../../../src/http/server.ts';
import { STATUS, WITHDRAWN } from './status.ts';

let directory: string;
let socketPath: string;
let port: number;
let close: () => void;
let given: unknown[];
let standing: Drain | undefined;

const orders = {
  drain: (...args: readonly unknown[]) => {
    given.push(args);
    return standing;
  },
  undrain: () => {
    given.push('undrain');
    return standing;
  },
  handOver: (withinMs: number) => {
    given.push(['hand over', withinMs]);
    return withinMs === 0 ? undefined : 1000 + withinMs;
  },
};

interface Answer {
  readonly code: number | undefined;
  readonly allow: string | undefined;
  readonly body: unknown;
}

interface Sent {
  readonly method?: string;
  readonly body?: string;
  readonly type?: string | null;
  readonly where?: object;
}

function send(path: string, { body, method = 'POST', type = 'application/json', where }: Sent = {}): Promise<Answer> {
  const headers = type === null ? {} : { 'content-type': type };
  return new Promise((resolve, reject) => {
    const call = request({ ...(where ?? { socketPath }), path, method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () =>
        resolve({ code: response.statusCode, allow: response.headers.allow, body: JSON.parse(text) as unknown }),
      );
    });
    call.on('error', reject).end(body);
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

const traffic = async () => UNREAD;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-orders-'));
  socketPath = join(directory, 'agent.sock');
  port = await freePort();
  close = await serveHttp(
    {
      status: () => STATUS,
      stuck: () => undefined,
      orders,
      traffic,
      explain: () => Promise.reject(new Error('a test')),
    },
    socketPath,
    `127.0.0.1:${port}`,
  );
});
afterAll(async () => {
  close();
  await rm(directory, { recursive: true });
});
beforeEach(() => {
  given = [];
  standing = WITHDRAWN.drain;
});

describe('an order that is taken', () => {
  test.each<[string, string | undefined, unknown[]]>([
    ['with its own time', '{"timeoutMs": 25000, "untilExit": true}', [25_000, true]],
    ['with no time at all to wait', '{"timeoutMs": 0}', [0, false]],
    ['with the configured time', '{}', [undefined, false]],
    ['without a body', undefined, [undefined, false]],
  ])('%s is answered with the drain', async (_, body, args) => {
    const { code, body: answer } = await send('/drain', body === undefined ? {} : { body });
    expect([code, answer]).toStrictEqual([200, { drain: JSON.parse(JSON.stringify(standing)) as unknown }]);
    expect(given).toStrictEqual([args]);
  });

  test('may call the drain off, and says what still asks for one', async () => {
    expect((await send('/undrain')).body).toHaveProperty('drain.by', ['order']);
    standing = undefined;
    expect(await send('/undrain', { body: '{}' })).toMatchObject({ code: 200, body: { drain: null } });
    expect(given).toStrictEqual(['undrain', 'undrain']);
  });

  test('may ask for a hand-over, and call it off', async () => {
    const answers = [
      await send('/handover', { body: '{"withinMs": 120000}' }),
      await send('/handover', { body: '{"withinMs": 0}' }),
    ];
    expect(answers.map(({ body }) => body)).toStrictEqual([{ handOverUntil: 121_000 }, { handOverUntil: null }]);
    expect(given).toStrictEqual([
      ['hand over', 120_000],
      ['hand over', 0],
    ]);
  });

  test('may be given again', async () => {
    await send('/drain');
    expect((await send('/drain')).code).toBe(200);
    expect(given).toHaveLength(2);
  });
});

describe('an order that is refused changes nothing, and says what was expected', () => {
  test.each<[string, string, Sent, number, RegExp]>([
    ['another method', '/drain', { method: 'GET' }, 405, /^expected POST, found GET$/],
    ['another method to undrain', '/undrain', { method: 'PUT' }, 405, /^expected POST, found PUT$/],
    ['what is no JSON', '/drain', { body: '{timeoutMs' }, 400, /JSON/],
    ['what is no object', '/drain', { body: '[]' }, 400, /^body: .*expected object/],
    ['an unknown key', '/drain', { body: '{"timeout": 1}' }, 400, /timeout/],
    ['a key for undrain', '/undrain', { body: '{"timeoutMs": 1}' }, 400, /timeoutMs/],
    ['a time that is none', '/drain', { body: '{"timeoutMs": "25s"}' }, 400, /^timeoutMs: .*expected number/],
    ['a negative time', '/drain', { body: '{"timeoutMs": -1}' }, 400, /^timeoutMs: /],
    ['a broken number', '/drain', { body: '{"timeoutMs": 1.5}' }, 400, /^timeoutMs: /],
    ['a hand-over for ever', '/handover', {}, 400, /^withinMs: /],
    ['more than a day', '/drain', { body: '{"timeoutMs": 86400001}' }, 400, /^timeoutMs: /],
    [
      'another type of content',
      '/drain',
      { body: '{}', type: 'text/plain' },
      400,
      /application\/json, found text\/plain/,
    ],
    ['none', '/drain', { body: '{}', type: null }, 400, /application\/json, found no content-type/],
    ['a long body', '/drain', { body: `{"x": "${'y'.repeat(2000)}"}` }, 400, /at most 1024 bytes/],
  ])('%s', async (_, path, sent, code, error) => {
    const answer = await send(path, sent);
    expect(answer.code).toBe(code);
    expect(answer.body).toStrictEqual({ error: expect.stringMatching(error) as string });
    expect(answer.allow).toBe(code === 405 ? 'POST' : undefined);
    expect(given).toStrictEqual([]);
  });

  test.each(['/drain', '/undrain', '/handover'])(
    '%s on the loopback address, which any process of the node can reach',
    async (path) => {
      const answer = await send(path, { where: { host: '127.0.0.1', port } });
      expect(answer).toMatchObject({
        code: 403,
        body: { error: 'orders are taken on the unix socket of the agent alone' },
      });
      expect(given).toStrictEqual([]);
    },
  );
});

test("the unix socket is root's alone", async () => {
  expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
});
