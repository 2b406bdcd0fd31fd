import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Beat } from '../../../src/agent/beat.ts';

/** What no wait comes near unless something is broken. */
const LONG = 10_000;

/** A sidecar's end of the socket that keeps what it hears. */
class Listener {
  heard = '';
  ends = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor(deaf: boolean) {
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      if (deaf) return void socket.pause();
      socket.on('data', (bytes) => (this.heard += bytes.toString()));
      socket.on('close', () => this.ends++);
    });
  }

  static async on(path: string, { deaf = false } = {}): Promise<Listener> {
    const listener = new Listener(deaf);
    await new Promise<void>((resolve) => listener.#server.listen(path, resolve));
    return listener;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

let folder: string;
let path: string;
let beat: Beat | undefined;
let listener: Listener | undefined;

const hears = (pattern: RegExp): Promise<void> =>
  vi.waitFor(() => expect(listener?.heard).toMatch(pattern), { timeout: LONG, interval: 10 });
const problem = (pattern: RegExp): Promise<void> =>
  vi.waitFor(() => expect(beat?.problem).toMatch(pattern), { timeout: LONG, interval: 10 });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-beat-'));
  path = join(folder, 'deadman.sock');
});
afterEach(async () => {
  beat?.stop();
  await listener?.close();
  await rm(folder, { recursive: true });
});

describe('the heart of an agent', () => {
  test('beats on, and is watched', async () => {
    listener = await Listener.on(path);
    beat = new Beat(path, () => true);
    await hears(/^\.{5,}$/);
    expect(beat.problem).toBeUndefined();
  });

  test('finds a sidecar that comes later, and its successor', async () => {
    beat = new Beat(path, () => true);
    listener = await Listener.on(path);
    await hears(/^\./);
    await listener.close();
    listener = await Listener.on(path);
    await hears(/^\./);
  });

  test('says why nobody watches it, after a while, and no more once somebody does', async () => {
    beat = new Beat(path, () => true);
    expect(beat.problem).toBeUndefined();
    await problem(/^expected a sidecar that takes a beat on \/.*deadman\.sock, found none: connect ENOENT/);
    listener = await Listener.on(path);
    await vi.waitFor(() => expect(beat?.problem).toBeUndefined(), { timeout: LONG, interval: 10 });
  });

  test('stands still while the loop does not come round', async () => {
    let turns = true;
    listener = await Listener.on(path);
    beat = new Beat(path, () => turns);
    await hears(/^\./);
    turns = false;
    await problem(/the loop of this agent does not come round/);
    const before = listener.heard;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(listener.heard).toBe(before);
    turns = true;
    await vi.waitFor(() => expect(listener?.heard.length).toBeGreaterThan(before.length), { timeout: LONG });
  });

  test('its goodbye is the last that is heard', async () => {
    listener = await Listener.on(path);
    beat = new Beat(path, () => true);
    await hears(/^\./);
    await beat.goodbye();
    await vi.waitFor(() => expect(listener?.ends).toBe(1), { timeout: LONG });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(listener.heard).toMatch(/^\.+w$/);
  });

  test('without a goodbye it ends with its connection alone', async () => {
    listener = await Listener.on(path);
    beat = new Beat(path, () => true);
    await hears(/^\./);
    beat.stop();
    await vi.waitFor(() => expect(listener?.ends).toBe(1), { timeout: LONG });
    expect(listener.heard).toMatch(/^\.+$/);
  });

  test.each([false, true])('a goodbye to nobody is no wait for ever (somebody who does not read: %s)', async (deaf) => {
    if (deaf) listener = await Listener.on(path, { deaf });
    beat = new Beat(path, () => true);
    await expect(beat.goodbye()).resolves.toBeUndefined();
  });
});
