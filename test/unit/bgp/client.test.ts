import { once } from 'node:events';
import { linkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { CallError, type Endpoint, GrpcConnection } from '../../../src/bgp/client.ts';
import { GobgpApi as V3 } from '../../../src/bgp/gen/gobgp-v3.ts';
import type { TlsFiles } from '../../../src/bgp/tls.ts';
import { explain } from '../../../src/model/error.ts';
import { Authority, type Pair } from './certificates.ts';
import { FakeGobgpd, type Place } from './fake-gobgpd.ts';

const SHORT = 5000;

let folder: string;
let ours: Authority;
let others: Authority;
let server: Pair;
let client: Pair;
let stranger: Pair;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-client-'));
  [ours, others] = [new Authority(folder, 'ours'), new Authority(folder, 'others')];
  server = ours.issue('gobgpd', 'DNS:gobgpd.example,IP:127.0.0.1');
  client = ours.issue('fairlead', 'DNS:fairlead.example');
  stranger = others.issue('fairlead', 'DNS:fairlead.example');
});
afterAll(() => rm(folder, { recursive: true }));

async function fake(options: Place = {}): Promise<FakeGobgpd> {
  const gobgpd = await FakeGobgpd.start('v3', options);
  onTestFinished(() => gobgpd[Symbol.asyncDispose]());
  return gobgpd;
}

function connect(endpoint: Endpoint, onOver?: () => void): GrpcConnection {
  const connection = new GrpcConnection(endpoint, onOver);
  onTestFinished(() => connection.close());
  return connection;
}

const ask = (connection: GrpcConnection): Promise<unknown> => connection.call(V3.GetBgp, {}, SHORT);

/** What a question to an endpoint is answered with. */
const failureOf = async (endpoint: Endpoint): Promise<unknown> => ask(connect(endpoint)).catch((error) => error);

/** Makes the running process another user for a while: root may connect to anything. */
async function asAnotherUser<T>(act: () => Promise<T>): Promise<T> {
  const user = process.geteuid?.() ?? 0;
  if (user === 0) process.seteuid?.(65_534);
  try {
    return await act();
  } finally {
    if (user === 0) process.seteuid?.(user);
  }
}

describe('a connection that cannot be made says why, and what to do', () => {
  test('where there is no socket', async () => {
    expect(await failureOf({ target: `unix://${folder}/none.sock` })).toMatchObject({
      outcome: 'absent',
      message: `GetBgp: expected OK of gobgpd, got UNAVAILABLE (connect ENOENT ${folder}/none.sock)`,
      hint: expect.stringContaining('is gobgpd running'),
    });
  });

  test('where nobody listens on a socket that a killed gobgpd has left', async () => {
    const [used, left] = [join(folder, 'used.sock'), join(folder, 'left.sock')];
    const listener = createServer().listen(used);
    await once(listener, 'listening');
    // Node deletes the file of a server that closes, and leaves it under its other name.
    linkSync(used, left);
    await new Promise((closed) => listener.close(closed));
    expect(await failureOf({ target: `unix://${left}` })).toMatchObject({
      outcome: 'absent',
      message: `GetBgp: expected OK of gobgpd, got UNAVAILABLE (connect ECONNREFUSED ${left})`,
      hint: expect.stringContaining('leaves its socket behind'),
    });
  });

  test('where the socket is for another user', async () => {
    const { target } = await fake();
    expect(await asAnotherUser(() => failureOf({ target }))).toMatchObject({
      outcome: 'lost',
      message: expect.stringContaining('connect EACCES'),
      hint: expect.stringContaining('the same user as gobgpd'),
    });
  });

  test('where something else listens', async () => {
    const file = join(folder, 'other.sock');
    const other = createServer((socket) => {
      socket.on('error', () => undefined).end('HTTP/1.1 400 Bad Request\r\n\r\n');
    }).listen(file);
    onTestFinished(() => void other.close());
    expect(await failureOf({ target: `unix://${file}` })).toMatchObject({
      outcome: 'lost',
      hint: expect.stringContaining('ends the connection'),
    });
  });
});

/** Good files, but for a part of them. */
const files = (part: Partial<TlsFiles> = {}): TlsFiles => ({
  ca: ours.ca,
  ...client,
  serverName: 'gobgpd.example',
  ...part,
});

const listening = (target?: string): Promise<FakeGobgpd> => fake({ target, tls: { ca: ours.ca, ...server } });

/** What becomes of a connection with these files. */
function errorOf(part: Partial<TlsFiles>): string {
  try {
    new GrpcConnection({ target: 'unix:///nonexistent', tls: files(part) }).close();
    return 'none';
  } catch (error) {
    return explain(error);
  }
}

describe('over TLS', () => {
  test.each(['a unix socket', 'TCP'])('calls are answered on %s', async (kind) => {
    const gobgpd = await listening(kind === 'TCP' ? '127.0.0.1:0' : undefined);
    const { target } = gobgpd;
    await expect(ask(connect({ target, tls: files() }))).resolves.toBeDefined();
    if (kind === 'TCP')
      await expect(ask(connect({ target, tls: files({ serverName: undefined }) }))).resolves.toBeDefined();
  });

  test.each([
    ['an authority that gobgpd is not from', () => ({ ca: others.ca }), /authority in bgp\.tls\.ca/],
    ['a name that gobgpd has not', () => ({ serverName: 'other.example' }), /set bgp\.tls\.serverName/],
    ['a certificate that gobgpd does not know', () => stranger, /other certificates/],
  ])('%s is told by its hint', async (_, part, hint) => {
    const { target } = await listening();
    expect(await failureOf({ target, tls: files(part()) })).toMatchObject({
      outcome: 'lost',
      hint: expect.stringMatching(hint),
    });
  });

  test('a gobgpd that speaks none is told by its hint, and so is one that wants it', async () => {
    const [plain, secured] = [await fake(), await listening()];
    expect(await failureOf({ target: plain.target, tls: files() })).toMatchObject({
      hint: expect.stringContaining('does not speak TLS'),
    });
    expect(await failureOf({ target: secured.target })).toMatchObject({
      hint: expect.stringContaining('wants TLS'),
    });
  });

  test('a file that is missing, or is something else, is an error that names it and shows nothing of it', () => {
    const nonsense = join(folder, 'nonsense.pem');
    writeFileSync(nonsense, 'hunter2');
    const missing = join(folder, 'missing.pem');
    for (const part of [{ ca: missing }, { cert: missing }, { key: missing }]) {
      expect(errorOf(part)).toBe(
        `TLS: ${missing} cannot be read: ENOENT: no such file or directory, open '${missing}'`,
      );
    }
    const found = `in ${nonsense}, found something else`;
    expect(errorOf({ ca: nonsense })).toBe(`TLS: expected PEM of a certificate ${found}`);
    expect(errorOf({ cert: nonsense })).toBe(`TLS: expected PEM of a certificate ${found}`);
    expect(errorOf({ key: nonsense })).toBe(`TLS: expected PEM of a private key without a passphrase ${found}`);
    expect(errorOf({ key: stranger.key })).toBe(
      `TLS: expected the key of the certificate ${client.cert} in ${stranger.key}, found another`,
    );
  });
});

describe('an answer that is no message', () => {
  test('is an error of its own, and the next one is read', async () => {
    const gobgpd = await fake();
    const connection = connect(gobgpd);
    gobgpd.faults.set('GetBgp', 'garble').set('ListPeer', 'garble');
    const error: unknown = await ask(connection).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(CallError);
    expect(error).toMatchObject({
      outcome: 'garbled',
      unanswered: false,
      message: "GetBgp: expected a message of GoBGP's, got 3 bytes that are none",
    });
    await expect(connection.list(V3.ListPeer, {}, SHORT)).rejects.toMatchObject({ outcome: 'garbled' });
    gobgpd.faults.clear();
    await expect(ask(connection)).resolves.toBeDefined();
  });

  test('ends a stream of events once', async () => {
    const gobgpd = await fake();
    gobgpd.faults.set('WatchEvent', 'garble');
    const ends: unknown[] = [];
    connect(gobgpd).watch(
      V3.WatchEvent,
      {},
      () => undefined,
      (error) => ends.push(error),
    );
    await vi.waitFor(() => expect(ends).toHaveLength(1), { timeout: SHORT });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(ends).toEqual([expect.objectContaining({ outcome: 'garbled' })]);
  });
});

describe('the end of a connection', () => {
  test('is told once, behind the errors of its calls', async () => {
    const gobgpd = await fake();
    const told: string[] = [];
    const connection = connect(gobgpd, () => told.push('over'));
    await ask(connection);
    connection.watch(
      V3.WatchEvent,
      {},
      () => undefined,
      () => told.push('stream'),
    );
    gobgpd.faults.set('GetBgp', 'hang');
    const hanging = ask(connection).catch(() => told.push('call'));
    await vi.waitFor(() => expect(gobgpd.count('GetBgp')).toBe(2));
    expect(told).toEqual([]);
    await gobgpd[Symbol.asyncDispose]();
    await hanging;
    await vi.waitFor(() => expect(told.toSorted()).toEqual(['call', 'over', 'stream']));
  });
});
