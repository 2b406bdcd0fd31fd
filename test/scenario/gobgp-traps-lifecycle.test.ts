import { type ChannelOptions, Client, credentials } from '@grpc/grpc-js';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { GobgpApi as V3 } from '../../src/bgp/gen/gobgp-v3.ts';
import { GoBgpService as V4 } from '../../src/bgp/gen/gobgp-v4.ts';
import { clearStaleSocket } from '../../src/sidecar/stale-socket.ts';
import { RANGE, WANTED, PEER } from '../unit/bgp/sample.ts';
import {
  alone,
  BINARIES,
  established,
  eventually,
  failureOf,
  GLOBAL,
  LOCAL,
  pair,
  PATIENT,
  pause,
  received,
  speak,
  type Finish,
  type Subject,
  wire,
} from './gobgp-trap-rig.ts';
import { keepLooking } from './keep-looking.ts';

const held = async ({ api }: Subject): Promise<string[]> => (await api.paths()).map(({ prefix }) => prefix).toSorted();

/** What a stream of events is told to end by, past our own client. */
function watchRaw({ gobgpd, method }: Subject, context: Finish, options: ChannelOptions = {}): string[] {
  const client = new Client(gobgpd.target, credentials.createInsecure(), options);
  context.onTestFinished(() => client.close());
  const { path, requestSerialize, responseDeserialize } = method('WatchEvent');
  const told: string[] = [];
  client
    .makeServerStreamRequest(path, requestSerialize, responseDeserialize, wire({ 1: {}, 2: { 1: { 1: 1 } } }))
    .on('data', () => undefined)
    .on('error', ({ message }) => told.push(message.replace(/:.*/s, '')))
    .on('end', () => told.push('end'));
  return told;
}

describe.concurrent.each(BINARIES)('gobgpd %s', (_, binary) => {
  test('StartBgp twice: it empties the table and says OK, so a gobgpd that runs is never started', async (context) => {
    const ours = await alone(binary, context, GLOBAL);
    await ours.api.addPath(LOCAL);
    const { speaker, events } = speak(ours, context);
    speaker.set({ ...WANTED, listenPort: -1, peers: [], paths: undefined });
    expect(await speaker.reconcile()).toMatchObject({ inSync: true, prefixes: [RANGE] });
    expect(events).not.toContain('bgp-started');
    await speaker.close();
    await ours.api.startBgp(GLOBAL);
    expect(await held(ours)).toEqual([]);
  });

  test('StopBgp terminal: 4.x is of no use behind it, so fairlead has no such call', async (context) => {
    expect([...Object.keys(V3), ...Object.keys(V4)]).not.toContain('StopBgp');
    const ours = await alone(binary, context, GLOBAL);
    await ours.raw('StopBgp');
    const error = await failureOf(ours.api.startBgp(GLOBAL));
    if (binary.api === 'v3') expect(error).toBeUndefined();
    else expect(error).toMatchObject({ message: expect.stringContaining('server stopped') });
  });

  test('ignored ctx: calls that were given up may be taken later, so they count as unanswered', async (context) => {
    const ours = await alone(binary, context, GLOBAL);
    const prefixes = Array.from({ length: 30 }, (__, index) => `10.99.${index}.0/24`);
    for (const prefix of prefixes) await ours.api.addPath({ ...LOCAL, prefix });
    ours.gobgpd.stop();
    // It may run on for a moment on another CPU.
    await pause(200);
    const errors = await Promise.all(prefixes.map((prefix) => failureOf(ours.api.deletePath(prefix))));
    for (const error of errors) expect(error).toMatchObject({ outcome: 'silent', unanswered: true });
    ours.gobgpd.resume();
    await eventually(async () => expect((await held(ours)).length).toBeLessThan(prefixes.length));
  });

  test('keepalive: gobgpd ends the connection of who pings it, so ours never does', PATIENT, async (context) => {
    const ours = await alone(binary, context, GLOBAL);
    const pinging = watchRaw(ours, context, { 'grpc.keepalive_time_ms': 500 });
    const ends: Error[] = [];
    ours.api.watch(
      () => undefined,
      (error) => ends.push(error),
    );
    await eventually(() => expect(pinging).toEqual(['8 RESOURCE_EXHAUSTED', 'end']));
    await pause(1000);
    expect(ends).toEqual([]);
  });

  test('stream errors twice: as error and as end, and ours tells of them once', async (context) => {
    const ours = await alone(binary, context, GLOBAL);
    const told = watchRaw(ours, context);
    const ends: Error[] = [];
    ours.api.watch(
      () => undefined,
      (error) => ends.push(error),
    );
    await pause(300);
    await ours.gobgpd.kill();
    await eventually(() => expect(told).toEqual(['14 UNAVAILABLE', 'end']));
    await eventually(() => expect(ends).toMatchObject([{ outcome: 'lost' }]));
    await pause(100);
    expect(ends).toHaveLength(1);
  });

  test('WatchEvent without a filter: 3.x hangs without a word, so ours has one', async (context) => {
    const ours = await alone(binary, context, GLOBAL);
    const told: string[] = [];
    let events = 0;
    ours.gobgpd.api.watch(
      ours.method('WatchEvent'),
      wire({}),
      () => told.push('event'),
      ({ message }) => told.push(message),
    );
    ours.api.watch(
      () => events++,
      () => undefined,
    );
    await pause(300);
    await ours.api.addPath(LOCAL);
    await eventually(() => expect(events).toBeGreaterThan(0));
    expect(told).toEqual(binary.api === 'v3' ? [] : [expect.stringContaining('no events to watch')]);
  });

  test('stale socket: 3.x ends on it and 4.x runs without an API, so the sidecar deletes it first', async (context) => {
    const ours = await alone(binary, context, GLOBAL);
    await ours.gobgpd.kill();
    const file = ours.gobgpd.target.slice('unix://'.length);
    expect(existsSync(file)).toBe(true);
    const again = ours.network.spawn([binary.file, '--api-hosts', ours.gobgpd.target, '--pprof-disable']);
    const exit = await Promise.race([once(again, 'exit'), pause(2000)]);
    expect(exit).toEqual(binary.api === 'v3' ? [1, null] : undefined);
    expect(await failureOf(ours.api.global())).toMatchObject({ outcome: 'absent' });
    again.kill('SIGKILL');
    await clearStaleSocket(file);
    expect(existsSync(file)).toBe(false);
    await ours.gobgpd.start();
    expect(await ours.api.global()).toBeUndefined();
  });

  test(
    'SIGSTOP, then the old RIB: gobgpd announces what was to be withdrawn, unless it is told first',
    PATIENT,
    async (context) => {
      const hold = { holdTimeSeconds: 3, keepaliveSeconds: 1 };
      const [left, kept] = await Promise.all([pair(binary, context, hold), pair(binary, context, hold)]);
      await left.ours.api.addPath(LOCAL);
      await left.ours.api.addPeer({ ...PEER, ...hold });
      const { speaker } = speak(kept.ours, context);
      const wanted = {
        ...WANTED,
        peers: [{ ...PEER, ...hold }],
        paths: [{ prefix: RANGE, communities: [], med: undefined }],
      };
      speaker.set(wanted);
      const both = async () => [await received(left.peer), await received(kept.peer)];
      await eventually(async () => expect(await both()).toEqual([[RANGE], [RANGE]]));
      for (const { gobgpd } of [left.ours, kept.ours]) gobgpd.stop();
      speaker.set({ ...wanted, paths: [] });
      await eventually(async () => expect(await both()).toEqual([[], []]));
      const seen = keepLooking(() => received(kept.peer), 20);
      for (const { gobgpd } of [left.ours, kept.ours]) gobgpd.resume();
      await eventually(async () => expect(await received(left.peer)).toEqual([RANGE]));
      await established(kept.ours);
      await pause(500);
      expect((await seen()).flat()).toEqual([]);
      expect(speaker.state()).toMatchObject({ inSync: true, prefixes: [] });
    },
  );
});

const [older, newer] = [
  BINARIES.find(([, { api }]) => api === 'v3')?.[1],
  BINARIES.find(([, { api }]) => api === 'v4')?.[1],
];

test.skipIf(older === undefined || newer === undefined)(
  'an upgrade, and the way back: another version on the same socket is asked anew and told everything',
  PATIENT,
  async (context) => {
    if (older === undefined || newer === undefined) return;
    const { gobgpd, network } = await alone(older, context);
    const { speaker } = speak({ gobgpd }, context);
    speaker.set({ ...WANTED, listenPort: -1 });
    const isDriven = (version: string) =>
      eventually(() => expect(speaker.state()).toMatchObject({ version, inSync: true, prefixes: [RANGE] }));
    await isDriven('v3');
    await gobgpd.kill();
    await clearStaleSocket(gobgpd.target.slice('unix://'.length));
    const upgraded = network.spawn([newer.file, '--api-hosts', gobgpd.target, '--pprof-disable', '--metrics-path=']);
    await isDriven('v4');
    upgraded.kill('SIGKILL');
    await eventually(() => expect(speaker.state().version).toBeUndefined());
    await gobgpd.start();
    await isDriven('v3');
  },
);
