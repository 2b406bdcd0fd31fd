import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createSpeaker } from '../../src/bgp/gobgp-speaker.ts';
import { PEER, WANTED } from '../unit/bgp/sample.ts';
import { BINARIES, isBefore } from './gobgp-trap-rig.ts';
import { becomeSwitch, Gobgpd } from './gobgpd.ts';
import { Network } from './gobgpd-network.ts';
import { ATTRIBUTES, CRASH, HANG, OURS, SidecarProcess } from './sidecar-rig.ts';

const [RANGE, RANGE_IPV6] = ['10.99.66.0/23', 'fd99:66::/112'];
const SWITCH = '10.22.108.1';
/** What no wait comes near unless something is broken. */
const LONG = 20_000;

const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: LONG, interval: 20 });
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let network: Network;
let sidecar: SidecarProcess;
let hearts: ChildProcess[];

/** An agent that the sidecar has heard. */
async function beat(): Promise<ChildProcess> {
  const heart = sidecar.beat();
  hearts.push(heart);
  await eventually(() => expect(sidecar.events.at(-1)).toBe('agent-beats'));
  return heart;
}

/** An agent that has announced both ranges, and beats. */
async function announceAndBeat(): Promise<ChildProcess> {
  await eventually(() => sidecar.api.global());
  await sidecar.api.startBgp({ as: 64512, routerId: OURS, listenPort: -1, listenAddresses: [] });
  await sidecar.api.addPath({ prefix: RANGE, nextHop: '10.22.108.200', ...ATTRIBUTES });
  await sidecar.api.addPath({ prefix: RANGE_IPV6, nextHop: 'fd00:22:108::100', ...ATTRIBUTES });
  return beat();
}

const pathsBecome = (state: string): Promise<void> =>
  eventually(async () => expect(await sidecar.paths()).toEqual([state, state]));

const communitiesOfAll = async () => (await sidecar.api.paths()).map(({ communities }) => communities);
const told = (event: string): Promise<void> => eventually(() => expect(sidecar.events).toContain(event));
/** Other graces of a crash. */
const [LATER, SOON] = ['{ deprioritise: 200ms, withdraw: 1h }', '{ deprioritise: 200ms, withdraw: 500ms }'];

beforeAll(async () => {
  network = await Network.create(OURS, [SWITCH]);
});
beforeEach(() => {
  hearts = [];
});
afterEach(async () => {
  for (const heart of hearts) heart.kill('SIGKILL');
  await sidecar?.[Symbol.asyncDispose]();
});
afterAll(() => network?.[Symbol.asyncDispose]());

describe('an agent that falls silent', () => {
  beforeEach(async () => {
    sidecar = await SidecarProcess.create(network);
    sidecar.start();
  });

  test('by a crash is deprioritised and then withdrawn, each after its grace', async () => {
    const heart = await announceAndBeat();
    const at = performance.now();
    heart.kill('SIGKILL');
    await pathsBecome('announced');
    await pathsBecome('deprioritised');
    expect(performance.now() - at).toBeGreaterThan(CRASH.deprioritise - 150);
    await eventually(async () => expect(await sidecar.paths()).toEqual([]));
    expect(performance.now() - at).toBeGreaterThan(CRASH.withdraw - 150);
  });

  test('by a hang is deprioritised and then withdrawn, each after its grace', async () => {
    const heart = await announceAndBeat();
    const at = performance.now();
    heart.kill('SIGSTOP');
    await pathsBecome('deprioritised');
    expect(performance.now() - at).toBeGreaterThan(HANG.deprioritise - 150);
    await eventually(async () => expect(await sidecar.paths()).toEqual([]));
    expect(performance.now() - at).toBeGreaterThan(HANG.withdraw - 150);
  });

  test('and comes back inside of the grace changes nothing, and one that beats is left alone', async () => {
    const heart = await announceAndBeat();
    heart.kill('SIGKILL');
    await beat();
    await pause(CRASH.withdraw + 500);
    expect(await sidecar.paths()).toEqual(['announced', 'announced']);
  });

  test('after it has withdrawn by itself and said so is of no interest', async () => {
    const heart = await announceAndBeat();
    heart.kill('SIGTERM');
    await eventually(() => expect(sidecar.events.at(-1)).toBe('agent-withdrew'));
    // This agent has left its paths, which a real one does not: so it is to be seen that nobody touches them.
    await pause(CRASH.withdraw + 500);
    expect(await sidecar.paths()).toEqual(['announced', 'announced']);
  });

  test('and comes to itself when it is deprioritised is not withdrawn', async () => {
    const heart = await announceAndBeat();
    heart.kill('SIGSTOP');
    await pathsBecome('deprioritised');
    heart.kill('SIGCONT');
    await pause(HANG.withdraw);
    expect(await sidecar.paths()).toEqual(['deprioritised', 'deprioritised']);
  });

  test('is judged by the file of now, and by the one before where that is bad', { timeout: 60_000 }, async () => {
    const heart = await announceAndBeat();
    await sidecar.edit((config) =>
      config.replace(/crash: .*/, `crash: ${LATER}`).replace("'64512:666'", "'64512:777'"),
    );
    await told('config-taken-up');
    await sidecar.edit((config) => config.replace('deadman:', 'deadmann:'));
    await told('config-stale');
    const at = performance.now();
    heart.kill('SIGKILL');
    const communities = ['64512:100', '65535:0', '64512:777'];
    await eventually(async () => expect(await communitiesOfAll()).toEqual([communities, communities]));
    await pause(CRASH.withdraw + 500 - (performance.now() - at));
    expect(await communitiesOfAll(), 'the grace of before is over').toEqual([communities, communities]);
    // A silence of now counts too.
    await sidecar.edit((config) => config.replace('deadmann:', 'deadman:').replace(LATER, SOON));
    await eventually(async () => expect(await sidecar.paths()).toEqual([]));
    expect(sidecar.events.filter((event) => event === 'config-taken-up')).toHaveLength(2);
  });
});

const modes = (): number[] => sidecar.sockets.map((file) => statSync(file).mode & 0o777);
const answers = (): Promise<unknown> => eventually(() => sidecar.api.global());

describe('the sidecar', () => {
  beforeEach(async () => {
    sidecar = await SidecarProcess.create(network);
  });

  test('gives its sockets to its own user only', async () => {
    sidecar.start();
    await answers();
    expect(modes()).toEqual([0o600, 0o600]);
  });

  test('that is killed takes gobgpd with it, and another one starts over what it left behind', async () => {
    sidecar.start();
    await answers();
    const { gobgpd } = sidecar;
    sidecar.process.kill('SIGKILL');
    expect(await sidecar.ended()).toBe('SIGKILL');
    await eventually(() => expect(existsSync(`/proc/${gobgpd}`)).toBe(false));
    expect(modes()).toHaveLength(2);
    sidecar.start();
    await answers();
  });

  test.each([0, 1])('does not start where somebody listens on one of its sockets (%i)', async (index) => {
    const taken = createServer().listen(sidecar.sockets[index]);
    await once(taken, 'listening');
    sidecar.start();
    expect(await sidecar.ended()).toBe(1);
    expect(existsSync(sidecar.sockets[index] ?? '')).toBe(true);
    taken.close();
  });

  test('ends with the exit code of gobgpd', async () => {
    sidecar.start();
    await answers();
    process.kill(sidecar.gobgpd, 'SIGKILL');
    expect(await sidecar.ended()).toBe(128 + 9);
  });

  test('ends gobgpd on SIGTERM, and then itself, with 0', async () => {
    sidecar.start();
    await answers();
    const { gobgpd } = sidecar;
    sidecar.process.kill('SIGTERM');
    expect(await sidecar.ended()).toBe(0);
    expect(existsSync(`/proc/${gobgpd}`)).toBe(false);
  });

  test('ends a gobgpd that does not answer, which ends its sessions', { timeout: 60_000 }, async () => {
    sidecar.start();
    const peer = await Gobgpd.start(network);
    const ours = { ...PEER, address: OURS, as: 64512, holdTimeSeconds: 90 };
    await becomeSwitch(peer, SWITCH, 64500, ours);
    const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
    const speaker = createSpeaker({ target: sidecar.target, log, onChange: () => undefined });
    speaker.set({
      ...WANTED,
      peers: [{ ...PEER, address: SWITCH, holdTimeSeconds: 90 }],
      paths: [{ prefix: RANGE, communities: [], med: undefined }],
    });
    const received = async (): Promise<string[]> => (await peer.table()).map(({ prefix }) => prefix);
    await vi.waitFor(async () => expect(await received()).toEqual([RANGE]), { timeout: 40_000, interval: 100 });
    await speaker.close();
    const heart = await beat();
    process.kill(sidecar.gobgpd, 'SIGSTOP');
    heart.kill('SIGKILL');
    await eventually(async () => expect(await received()).toEqual([]));
    expect(await sidecar.ended()).toBe(128 + 9);
    await peer[Symbol.asyncDispose]();
  });
});

/** Where somebody listens on TCP or UDP in the network, gobgpd with BGP or without. */
async function listeners(): Promise<string[]> {
  const ss = network.spawn(['ss', '-Htuln'], ['ignore', 'pipe', 'inherit']);
  const lines = (ss.stdout === null ? '' : await text(ss.stdout)).trim().split('\n');
  return lines.flatMap((line) => line.split(/\s+/)[4] ?? []);
}

describe.each(BINARIES)('with gobgpd %s, the sidecar', (_, binary) => {
  beforeEach(async () => {
    sidecar = await SidecarProcess.create(network);
  });

  test('listens on nothing but its sockets (pprof port): metrics keep it open where there are any', async () => {
    const open = await Gobgpd.start(network, binary.file);
    expect(await listeners()).toEqual(isBefore(binary, '3.36') ? [] : ['127.0.0.1:6060']);
    await open[Symbol.asyncDispose]();
    sidecar.start(binary.file);
    await answers();
    expect(await listeners()).toEqual([]);
    expect(modes()).toEqual([0o600, 0o600]);
  });

  test('withdraws for an agent that falls silent', async () => {
    sidecar.start(binary.file);
    const heart = await announceAndBeat();
    heart.kill('SIGKILL');
    await pathsBecome('deprioritised');
    await eventually(async () => expect(await sidecar.paths()).toEqual([]));
  });
});
