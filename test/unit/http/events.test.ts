import { mkdtemp, rm } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { serveHttp } from '../../../src/http/server.ts';
import { MOST_STREAMS } from '../../../src/http/streams.ts';
import type { Status } from '../../../src/model/status.ts';
import { STATUS, WITHDRAWN } from './status.ts';

let directory: string;
let port: number;
let status: () => Status;
let asked: number;
let close: () => void;
let calls: ClientRequest[];

/** What the server sent: its answer, its text so far, and the events so far. */
interface Watched {
  readonly answer: IncomingMessage;
  readonly text: () => string;
  readonly events: () => { readonly event: string; readonly data: unknown }[];
  readonly ended: Promise<void>;
  readonly call: ClientRequest;
}

function ask(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Watched> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, headers, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      const ended = new Promise<void>((settle) => answer.once('close', settle));
      answer.on('error', () => undefined);
      resolve({ answer, ended, call, text: () => text, events: () => eventsIn(text) });
    });
    calls.push(call);
    call.on('error', reject).end();
  });
}

const eventsIn = (text: string): { event: string; data: unknown }[] =>
  [...text.matchAll(/^event: (.*)\ndata: (.*)\n\n/gm)].map(([, event = '', data = '']) => ({
    event,
    data: JSON.parse(data) as unknown,
  }));

const sectionsIn = ({ events }: Watched): string[][] =>
  events()
    .filter(({ event }) => event === 'sections')
    .map(({ data }) => Object.keys((data as { sections: object }).sections));

const eventually = <T>(check: () => T): Promise<T> => vi.waitFor(check, { timeout: 20_000, interval: 20 });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-events-'));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  port = typeof address === 'object' && address ? address.port : 0;
  await new Promise((resolve) => server.close(resolve));
  [asked, calls] = [0, []];
  status = () => ({ ...STATUS, at: Date.now() });
  const parts = {
    status: () => {
      asked += 1;
      return status();
    },
    stuck: () => undefined,
    orders: { drain: () => undefined, undrain: () => undefined, handOver: () => undefined },
    traffic: async () => ({ known: false as const, why: 'a test' }),
    explain: () => Promise.reject(new Error('a test')),
  };
  close = await serveHttp(parts, join(directory, 'agent.sock'), `127.0.0.1:${port}`);
});
afterEach(async () => {
  for (const call of calls) call.destroy();
  close();
  await rm(directory, { recursive: true });
});

describe('the stream', () => {
  test('begins with every section, and then has those that have changed', async () => {
    const page = await ask('/events');
    expect(page.answer.headers).toMatchObject({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    await eventually(() => expect(sectionsIn(page)[0]).toHaveLength(11));
    status = () => ({ ...STATUS, at: Date.now(), conditions: WITHDRAWN.conditions });
    await eventually(() => expect(sectionsIn(page).slice(1)).toStrictEqual([['conditions']]));
  });

  test('has a beat and nothing else while nothing changes', async () => {
    const page = await ask('/events');
    await eventually(() => expect(page.events().map(({ event }) => event)).toStrictEqual(['sections', 'beat']));
  });

  test('is of what is looked at', async () => {
    const page = await ask('/events?filter=10.99.66.10');
    const first = await eventually(() => {
      const [event] = page.events();
      if (event === undefined) throw new Error('nothing yet');
      return event;
    });
    expect(JSON.stringify(first.data)).toContain('1 virtual server of 2');
  });

  test('costs nothing when nobody looks any more', async () => {
    const page = await ask('/events');
    await eventually(() => expect(asked).toBeGreaterThan(2));
    page.call.destroy();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const then = asked;
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(asked).toBe(then);
  });

  test('is for so many pages, and the next one is told to come again', async () => {
    const pages = await Promise.all(Array.from({ length: MOST_STREAMS }, () => ask('/events')));
    const late = await ask('/events');
    expect([late.answer.statusCode, late.answer.headers['retry-after']]).toStrictEqual([503, '10']);
    pages[0]?.call.destroy();
    await vi.waitFor(async () => expect((await ask('/events')).answer.statusCode).toBe(200), { timeout: 20_000 });
  });

  test('is not for the page of another site', async () => {
    for (const site of ['cross-site', 'same-site']) {
      expect((await ask('/events', { 'sec-fetch-site': site })).answer.statusCode).toBe(403);
    }
    expect((await ask('/events', { 'sec-fetch-site': 'same-origin' })).answer.statusCode).toBe(200);
  });

  test('ends with the server', async () => {
    const page = await ask('/events');
    close();
    await page.ended;
  });

  test('ends where a status cannot be had, and the page says why', async () => {
    const page = await ask('/events');
    status = () => {
      throw new Error('no status today');
    };
    await page.ended;
    const broken = await ask('/');
    expect(broken.answer.statusCode).toBe(500);
  });

  test('is closed to who does not read it', { timeout: 60_000 }, async () => {
    // Each round is another page, and more than a socket takes in.
    let round = 0;
    status = () => {
      round += 1;
      const node = `${round}`.repeat(2_000_000).slice(0, 2_000_000);
      return { ...STATUS, at: Date.now() + round * 10_000, node };
    };
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => undefined);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.write('GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    // Nothing is read meanwhile; what is left of it afterwards ends with the connection.
    await eventually(() => expect(round).toBeGreaterThan(2));
    socket.resume();
    await closed;
  });
});

describe('the page', () => {
  test('lets in nothing but its own script and style, and is kept nowhere', async () => {
    const { answer, ended, text } = await ask('/');
    expect(answer.statusCode).toBe(200);
    await ended;
    const policy = answer.headers['content-security-policy'] ?? '';
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[\w+/]{43}='; style-src 'sha256-[\w+/]{43}='; /);
    expect(policy).not.toContain('unsafe');
    for (const [, inside = ''] of text().matchAll(/<(?:style|script)>([^]*?)<\/(?:style|script)>/g)) {
      expect(policy).toContain(`'sha256-${createHash('sha256').update(inside).digest('base64')}'`);
    }
    expect(answer.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    });
  });

  test.each(['/', '/events', '/status', '/traffic', '/metrics', '/livez'])(
    '%s is not for a name that was made to lead here',
    async (path) => {
      expect((await ask(path, { host: 'evil.example:9466' })).answer.statusCode).toBe(421);
      expect((await ask(path, { host: `localhost:${port + 1}` })).answer.statusCode).toBe(200);
    },
  );
});
