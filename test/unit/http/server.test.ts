import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ORDER_PATHS } from '../../../src/http/orders.ts';
import { type OpenAddress, serveHttp } from '../../../src/http/server.ts';
import type { Explanation } from '../../../src/model/explain/explanation.ts';
import type { Status } from '../../../src/model/status.ts';
import type { Traffic } from '../../../src/model/traffic.ts';
import { STATUS, WITHDRAWN } from './status.ts';

let directory: string;
let socket: string;
let port: number;
let status: Status;
let stuck: string | undefined;
let close: () => void;

type Answer = { readonly code: number | undefined; readonly type: string | undefined; readonly body: string };

function get(path: string, where: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ ...where, path, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => (body += part));
      response.on('end', () => resolve({ code: response.statusCode, type: response.headers['content-type'], body }));
    });
    call.on('error', reject).end();
  });
}
const bySocket = (path: string): Promise<Answer> => get(path, { socketPath: socket });
const byLoopback = (path: string): Promise<Answer> => get(path, { host: '127.0.0.1', port });

/** Listens on a port that the kernel chooses. */
async function occupy(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { server, port: typeof address === 'object' && address ? address.port : 0 };
}

async function freePort(): Promise<number> {
  const { server, port: free } = await occupy();
  await new Promise((resolve) => server.close(resolve));
  return free;
}

const NO_ORDERS = { drain: () => undefined, undrain: () => undefined, handOver: () => undefined };

const explain = async (query: string): Promise<Explanation> => {
  if (query === 'bad') throw new Error('no agent is in service');
  return {
    query,
    service: undefined,
    others: [],
    verdict: 'not-served',
    why: 'nothing is',
    addresses: [],
    virtualServers: [],
    skipped: [],
  };
};

const traffic = async (of?: readonly string[]): Promise<Traffic> => ({
  known: false,
  why: `asked of ${of?.join(' ')}`,
});

const serve = (open?: OpenAddress): Promise<() => void> =>
  serveHttp(
    { status: () => status, stuck: () => stuck, orders: NO_ORDERS, traffic, explain },
    socket,
    `127.0.0.1:${port}`,
    open,
  );

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-http-'));
  socket = join(directory, 'run', 'agent.sock');
  port = await freePort();
  [status, stuck] = [STATUS, undefined];
  close = await serve();
});
afterEach(async () => {
  close();
  await rm(directory, { recursive: true });
});

describe.each([
  ['the unix socket', bySocket],
  ['the loopback address', byLoopback],
])('on %s', (_, ask) => {
  test('/livez is ok while the loop turns, and says why not when it does not', async () => {
    expect(await ask('/livez')).toStrictEqual({ code: 200, type: 'text/plain', body: 'ok\n' });
    stuck = 'the loop has not come round for 61000 ms';
    expect(await ask('/livez')).toStrictEqual({ code: 503, type: 'text/plain', body: `${stuck}\n` });
  });

  test('/livez does not care whether anything is announced', async () => {
    status = WITHDRAWN;
    expect((await ask('/livez')).code).toBe(200);
  });

  test('/readyz is ready while announced, and names the reason when not', async () => {
    expect(await ask('/readyz')).toMatchObject({ code: 200, body: 'announced\n' });
    status = WITHDRAWN;
    expect(await ask('/readyz')).toMatchObject({
      code: 503,
      body: 'withdrawn: probe-failed: 10.99.66.10:80 timed-out\n',
    });
  });

  test('/status is the status as JSON', async () => {
    const { code, type, body } = await ask('/status');
    expect([code, type]).toStrictEqual([200, 'application/json']);
    expect(JSON.parse(body)).toEqual(STATUS);
  });

  test.each([
    ['', 'undefined'],
    ['?of=tcp/10.99.66.10:80&of=udp/%5Bfd99:66::10%5D:53', 'tcp/10.99.66.10:80 udp/[fd99:66::10]:53'],
  ])('/traffic%s is that of %s', async (query, asked) => {
    const { code, type, body } = await ask(`/traffic${query}`);
    expect([code, type]).toStrictEqual([200, 'application/json']);
    expect(JSON.parse(body)).toStrictEqual({ known: false, why: `asked of ${asked}` });
  });

  test.each([
    'web',
    '',
    'tcp/10.99.66.10:65536',
    'tcp/10.99.66.010:80',
    'tcp/[fd99:66:0::10]:53',
    'tcp/fd99:66::10:53',
    'icmp/10.99.66.10:8',
  ])('/traffic of %j is refused', async (text) => {
    const { code, body } = await ask(`/traffic?of=tcp/10.99.66.10:80&of=${encodeURIComponent(text)}`);
    expect(code).toBe(400);
    const error = `expected a virtual server such as tcp/10.99.66.10:80, found ${JSON.stringify(text)}`;
    expect(JSON.parse(body)).toStrictEqual({ error });
  });

  test('/traffic of more than a few is refused', async () => {
    const query = Array.from({ length: 65 }, (_item, index) => `of=tcp/10.99.66.10:${index + 1}`).join('&');
    expect(await ask(`/traffic?${query}`)).toMatchObject({
      code: 400,
      body: '{"error":"expected at most 64 virtual servers, found 65"}\n',
    });
  });

  test('/explain is why a Service is served or not, of one that is named', async () => {
    const { code, type, body } = await ask('/explain?service=%20shop/web%20');
    expect([code, type]).toStrictEqual([200, 'application/json']);
    expect(JSON.parse(body)).toMatchObject({ query: 'shop/web', verdict: 'not-served' });
    expect(await ask('/explain')).toMatchObject({
      code: 400,
      body: expect.stringContaining('NAMESPACE/NAME') as string,
    });
    expect(await ask('/explain?service=bad')).toMatchObject({ code: 500, body: 'no agent is in service\n' });
  });

  test('/metrics is in the format of Prometheus', async () => {
    expect(await ask('/metrics')).toMatchObject({
      code: 200,
      type: 'text/plain; version=0.0.4',
      body: expect.stringContaining('\nfairlead_virtual_servers 2\n') as string,
    });
  });

  test.each(['/nothing', '/metrics/', '//livez', '/constructor', '/__proto__'])('%s is not found', async (path) => {
    expect(await ask(path)).toMatchObject({
      code: 404,
      body: 'there are /livez, /readyz, /metrics, /, /events, /status, /traffic, /explain\n',
    });
  });

  test('a query changes nothing', async () => {
    expect((await ask('/livez?verbose=1')).code).toBe(200);
  });
});

test('a socket that a killed agent left behind is taken over', async () => {
  close();
  await writeFile(socket, '');
  close = await serve();
  expect((await bySocket('/livez')).code).toBe(200);
});

test('after it was closed nobody answers', async () => {
  close();
  await expect(bySocket('/livez')).rejects.toThrow(/ENOENT|ECONNREFUSED/);
  await expect(byLoopback('/livez')).rejects.toThrow('ECONNREFUSED');
});

test('a second agent on the same addresses is refused, and the first one keeps its socket', async () => {
  await expect(serve()).rejects.toThrow('EADDRINUSE');
  expect((await bySocket('/livez')).code).toBe(200);
});

test('where the socket cannot be bound it rejects and lets go of the port', async () => {
  close();
  await writeFile(join(directory, 'file'), '');
  socket = join(directory, 'file', 'agent.sock');
  await expect(serve()).rejects.toThrow(/ENOTDIR|EEXIST/);
  await expect(byLoopback('/livez')).rejects.toThrow('ECONNREFUSED');
});

describe('on an address that is open to others', () => {
  const HOST = '127.0.0.2';
  const failures: unknown[] = [];
  let openPort: number;
  const byNetwork = (path: string): Promise<Answer> => get(path, { host: HOST, port: openPort });
  const reopen = async (): Promise<void> => {
    close();
    openPort = await freePort();
    failures.length = 0;
    close = await serve({ host: HOST, port: openPort, onFailure: (error) => failures.push(error) });
  };

  test('there are the metrics and the probes, and nothing of Services and orders', async () => {
    await reopen();
    expect((await byNetwork('/metrics')).body).toContain('\nfairlead_virtual_servers 2\n');
    expect((await byNetwork('/livez')).code).toBe(200);
    expect((await byNetwork('/readyz')).body).toBe('announced\n');
    for (const path of ['/', '/status', '/traffic', ...ORDER_PATHS])
      expect(await byNetwork(path), path).toStrictEqual({
        code: 404,
        type: 'text/plain',
        body: 'there are /livez, /readyz and /metrics\n',
      });
    close();
    await expect(byNetwork('/livez')).rejects.toThrow('ECONNREFUSED');
  });

  test('without one, nothing listens there', async () => {
    await reopen();
    close();
    close = await serve();
    await expect(byNetwork('/livez')).rejects.toThrow('ECONNREFUSED');
  });

  test('one that cannot be bound is told, and all else is served', async () => {
    close();
    const { server, port: taken } = await occupy();
    close = await serve({ host: '127.0.0.1', port: taken, onFailure: (error) => failures.push(error) });
    expect(failures.splice(0)).toStrictEqual([expect.objectContaining({ code: 'EADDRINUSE' })]);
    expect((await byLoopback('/livez')).code).toBe(200);
    await new Promise((resolve) => server.close(resolve));
  });
});

test('metrics that cannot be made are an error of the scrape, not of the agent', async () => {
  status = {
    ...WITHDRAWN,
    checks: [],
    get ranges(): never {
      throw new Error('no ranges');
    },
  };
  expect(await byLoopback('/metrics')).toMatchObject({ code: 500, body: 'no ranges\n' });
  status = STATUS;
  expect((await byLoopback('/metrics')).code).toBe(200);
});
