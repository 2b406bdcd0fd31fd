import { copyFileSync, renameSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Endpoint } from '../../../src/bgp/client.ts';
import { connectGobgp } from '../../../src/bgp/connect.ts';
import { createSpeaker } from '../../../src/bgp/gobgp-speaker.ts';
import type { GobgpApi } from '../../../src/bgp/gobgp.ts';
import type { BgpState } from '../../../src/bgp/speaker.ts';
import { Authority, type Pair } from './certificates.ts';
import { PEER } from './sample.ts';
import { FakeGobgpd } from './fake-gobgpd.ts';

const SOON = { timeout: 5000, interval: 20 };

let folder: string;
let target: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fairlead-connect-'));
  target = `unix://${folder}/gobgp.sock`;
});
afterEach(() => rm(folder, { recursive: true }));

function connect(endpoint: Endpoint = { target }): GobgpApi {
  const api = connectGobgp(endpoint);
  onTestFinished(() => api.close());
  return api;
}

async function listen(serves: 'v3' | 'v4' | 'nothing'): Promise<FakeGobgpd> {
  const fake = await FakeGobgpd.start(serves, { target });
  onTestFinished(() => fake[Symbol.asyncDispose]());
  return fake;
}

/** A gobgpd that lets in whom this authority knows, and shows itself by it. */
async function listenAs(known: Authority): Promise<FakeGobgpd> {
  const tls = { ca: known.ca, ...known.issue('gobgpd', 'DNS:gobgpd.example') };
  const fake = await FakeGobgpd.start('v4', { target, tls });
  onTestFinished(() => fake[Symbol.asyncDispose]());
  return fake;
}

const failureOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

describe('which API a gobgpd speaks', () => {
  test.each(['v3', 'v4'] as const)('is found out with the first call: %s', async (version) => {
    await listen(version);
    const api = connect();
    expect(api.version).toBeUndefined();
    expect(await api.global()).toBeUndefined();
    expect(api.version).toBe(version);
  });

  test('is asked once, however many calls come at once, and never again while the connection stands', async () => {
    const fake = await listen('v4');
    const api = connect();
    await Promise.all(Array.from({ length: 20 }, () => api.global()));
    expect(fake.count('GetBgp')).toBe(21);
    await api.global();
    expect(fake.count('GetBgp')).toBe(22);
  });

  test('is neither: an error of its own that says so, and no guess', async () => {
    const nothing = await listen('nothing');
    const api = connect();
    expect(await failureOf(api.addPeer({} as never))).toMatchObject({
      code: 'gobgpd-failed',
      outcome: 'unimplemented',
      message: "GetBgp: expected GoBGP's v4 or v3 API, found a server that knows neither",
      hint: 'run gobgpd 4.x or 3.x there, and nothing else',
    });
    expect(api.version).toBeUndefined();
    await nothing[Symbol.asyncDispose]();
    await listen('v3');
    await vi.waitFor(() => api.global(), SOON);
    expect(api.version).toBe('v3');
  });

  test('is asked anew behind a lost connection: another image may be there', async () => {
    const api = connect();
    for (const version of ['v3', 'v4', 'v3'] as const) {
      const fake = await listen(version);
      await vi.waitFor(() => api.global(), SOON);
      expect(api.version).toBe(version);
      await fake[Symbol.asyncDispose]();
      await vi.waitFor(() => expect(api.version).toBeUndefined(), SOON);
      expect(await failureOf(api.global())).toMatchObject({ outcome: 'absent' });
    }
  });

  test('is not known of one that does not answer, and asked again when it does', async () => {
    const fake = await listen('v4');
    fake.faults.set('GetBgp', 'hang');
    const api = connect();
    expect(await failureOf(api.global())).toMatchObject({ outcome: 'silent' });
    expect(api.version).toBeUndefined();
    fake.faults.clear();
    await api.global();
    expect(api.version).toBe('v4');
  });
});

test('a gobgpd whose answers make no sense is told by an outcome of its own, and is asked no more often than any other', async () => {
  const fake = await listen('v3');
  const states: BgpState[] = [];
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
  const speaker = createSpeaker({ target, log, onChange: (state) => states.push(state) }, connect());
  onTestFinished(() => speaker.close());
  await vi.waitFor(() => expect(speaker.state().reachable).toBe(true), SOON);
  fake.faults.set('GetBgp', 'garble').set('WatchEvent', 'garble').set('ListPeer', 'garble');
  fake.endStreams();
  await vi.waitFor(() => expect(speaker.state().problem).toMatch(/expected a message of GoBGP's/), SOON);
  const [asked, told, since] = [fake.calls.length, states.length, performance.now()];
  await new Promise((resolve) => setTimeout(resolve, 1500));
  // A heartbeat every 250 ms, and a pass now and then.
  expect(fake.calls.length - asked).toBeLessThan((performance.now() - since) / 40);
  expect(states.length - told).toBeLessThan(5);
  fake.faults.clear();
  expect(await speaker.reconcile()).toMatchObject({ reachable: true, problem: undefined });
});

describe('the files for TLS', () => {
  let authority: Authority;
  let client: Pair;

  beforeEach(() => {
    authority = new Authority(folder, 'first');
    client = authority.issue('fairlead', 'DNS:fairlead');
  });

  const secured = () => connect({ target, tls: { ca: authority.ca, ...client, serverName: 'gobgpd.example' } });

  test('are read again for each connection, so that renewed ones come into use with the next', async () => {
    const api = secured();
    const before = await listenAs(authority);
    await api.global();
    await before[Symbol.asyncDispose]();
    const renewed = new Authority(folder, 'second');
    await listenAs(renewed);
    await vi.waitFor(async () => expect(await failureOf(api.global())).toMatchObject({ outcome: 'lost' }), SOON);
    const { cert, key } = renewed.issue('fairlead', 'DNS:fairlead');
    for (const [from, to] of [
      [renewed.ca, authority.ca],
      [cert, client.cert],
      [key, client.key],
    ] as const)
      copyFileSync(from, to);
    await vi.waitFor(() => api.global(), SOON);
  });

  test('that are missing or wrong are a gobgpd that cannot be reached, until they are there', async () => {
    await listenAs(authority);
    const api = secured();
    renameSync(client.key, `${client.key}.away`);
    expect(await failureOf(api.global())).toMatchObject({
      outcome: 'lost',
      message: `TLS: ${client.key} cannot be read`,
      cause: { code: 'ENOENT' },
    });
    renameSync(`${client.key}.away`, client.key);
    await api.global();
    expect(api.version).toBe('v4');
  });
});

test('a closed one answers nothing more, and makes no connection', async () => {
  const fake = await listen('v4');
  const api = connect();
  const ends: Error[] = [];
  const asked = failureOf(api.global());
  api.watch(
    () => undefined,
    (error) => ends.push(error),
  );
  api.close();
  expect(await asked).toMatchObject({ outcome: 'lost' });
  expect(await failureOf(api.global())).toMatchObject({ outcome: 'lost' });
  await vi.waitFor(() => expect(ends).toHaveLength(1), SOON);
  expect(fake.count('WatchEvent')).toBe(0);
});

test('no error shows a password, however it is written out', async () => {
  const fake = await listen('v3');
  const api = connect();
  fake.faults.set('AddPeer', { refuse: 'no' });
  const error = await failureOf(api.addPeer({ ...PEER, password: () => 'hunter2' }));
  expect(error).toMatchObject({ outcome: 'refused' });
  expect(inspect(error, { depth: 20, showHidden: true }) + JSON.stringify(error)).not.toContain('hunter2');
});
