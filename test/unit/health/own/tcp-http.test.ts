import { once } from 'node:events';
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { Finding } from '../../../../src/health/check.ts';
import { runOwnCheck } from '../../../../src/health/own/own.ts';
import type { CheckTarget } from '../../../../src/model/own-check.ts';
import { CERTIFICATE, KEY } from './certificate.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return (server.address() as AddressInfo).port;
}

/** A port where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  await once(server.close(), 'close');
  return port;
}

const run = (target: CheckTarget, timeoutMs = 5000, signal = new AbortController().signal): Promise<Finding> =>
  runOwnCheck({ name: 'x', target, effect: 'report', intervalMs: 1, timeoutMs, rise: 1, fall: 1 }, signal);
const tcp = (port: number): CheckTarget => ({ kind: 'tcp', address: '127.0.0.1', port });
const http = (url: string): CheckTarget => ({ kind: 'http', url, least: 200, most: 399 });
const answering = (listener: RequestListener): Promise<number> => listening(createHttp(listener));

describe('tcp', () => {
  test('is good where somebody listens, who sees the connection close again', async () => {
    const server = createServer();
    const closed = new Promise((resolve) => server.on('connection', (client) => client.resume().on('close', resolve)));
    expect(await run(tcp(await listening(server)))).toEqual({ ok: true, detail: 'connected' });
    await closed;
  });

  test('is bad where nobody listens', async () => {
    expect(await run(tcp(await closedPort()))).toEqual({ ok: false, detail: expect.stringMatching(/ECONNREFUSED/) });
  });

  test('ends at once when it is broken off', async () => {
    const end = new AbortController();
    const finding = run({ kind: 'tcp', address: '192.0.2.1', port: 9 }, 60_000, end.signal);
    end.abort();
    await finding;
  });
});

describe('http', () => {
  test.each([
    [200, true],
    [204, true],
    [302, true],
    [399, true],
    [400, false],
    [503, false],
  ])('the status %d is good: %s', async (status, ok) => {
    const port = await answering((_, answer) => answer.writeHead(status, { location: '/elsewhere' }).end('body'));
    expect(await run(http(`http://127.0.0.1:${port}/`))).toMatchObject({ ok });
  });

  test('no redirection is followed', async () => {
    const asked: (string | undefined)[] = [];
    const port = await answering(({ url }, answer) => {
      asked.push(url);
      answer.writeHead(302, { location: '/elsewhere' }).end();
    });
    const target = { kind: 'http', url: `http://127.0.0.1:${port}/healthz?full`, least: 200, most: 200 } as const;
    expect(await run(target)).toEqual({ ok: false, detail: 'expected a status from 200 to 200, found 302' });
    expect(asked).toEqual(['/healthz?full']);
  });

  test('a body without an end is not waited for', async () => {
    const port = await answering((_, answer) => void answer.writeHead(200).write('and so on'));
    expect(await run(http(`http://127.0.0.1:${port}/`), 60_000)).toMatchObject({ ok: true });
  });

  test('is bad where no answer comes in time', async () => {
    const port = await answering(() => {});
    expect(await run(http(`http://127.0.0.1:${port}/`), 50)).toEqual({ ok: false, detail: 'no answer within 50 ms' });
  });

  test('is bad where the other side hangs up', async () => {
    const port = await answering(({ socket }) => socket.destroy());
    expect(await run(http(`http://127.0.0.1:${port}/`))).toMatchObject({ ok: false });
  });

  test('is broken where the name cannot be looked up', async () => {
    expect(await run(http('http://name.invalid/'))).toEqual({ broken: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) });
  });

  test('over TLS, a certificate of nobody known is bad', async () => {
    const server = createHttps({ key: KEY, cert: CERTIFICATE }, (_, answer) => answer.end());
    const port = await listening(server);
    expect(await run(http(`https://localhost:${port}/`))).toMatchObject({
      ok: false,
      detail: expect.stringMatching(/self-signed certificate|DEPTH_ZERO/),
    });
  });
});
