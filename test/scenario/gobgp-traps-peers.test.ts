import { describe, expect, test } from 'vitest';
import type { Neighbor } from '../../src/bgp/gobgp.ts';
import { attempt } from '../../src/bgp/apply.ts';
import { peerSteps } from '../../src/bgp/peers.ts';
import { peerProblem } from '../../src/bgp/wanted-peer.ts';
import type { Peer } from '../../src/model/path.ts';
import { PEER, RANGE, WANTED } from '../unit/bgp/sample.ts';
import {
  alone,
  BINARIES,
  established,
  eventually,
  failureOf,
  fieldsOf,
  GLOBAL,
  isBefore,
  LOCAL,
  pair,
  PATIENT,
  pause,
  received,
  speak,
  type Subject,
  SWITCH,
  type Wire,
  wire,
} from './gobgp-trap-rig.ts';

const SLOW = { holdTimeSeconds: 30, keepaliveSeconds: 10 };
const PASSWORD = { password: () => 'hunter2' };
/** How long a session that could come up is given to do so: it takes 2 s. */
const IN_VAIN = 6000;

/** A request about a peer as fairlead tells of it, with more in it. */
const request = (subject: Subject, peer: Neighbor, more: Wire = {}): Uint8Array =>
  wire({ 1: Buffer.concat([subject.peerBytes(peer), wire(more)]) });

/** A value of the only peer, by field numbers below Peer. */
async function ofPeer({ rawList }: Subject, field: number, ...below: readonly number[]): Promise<unknown> {
  const [answer = new Uint8Array()] = await rawList('ListPeer');
  return fieldsOf(answer, 1, field, ...below)[0];
}

/** When the session came up, which tells it from another one. */
const upSince = (subject: Subject): Promise<unknown> => ofPeer(subject, 6, 2, 6);
const agreedHoldTime = (subject: Subject): Promise<unknown> => ofPeer(subject, 6, 2, 5);
const stateOf = async ({ api }: Subject): Promise<string | undefined> => (await api.peers())[0]?.state;

const hasEnded = (subject: Subject): Promise<void> =>
  eventually(async () => expect(await stateOf(subject)).not.toBe('established'));

async function stepsFor({ api }: Subject, peer: Peer): Promise<string[]> {
  return peerSteps([peer], await api.peers()).map((step) => step.do);
}

describe.concurrent.each(BINARIES)('gobgpd %s', (_, binary) => {
  test('connect_retry default: two minutes, so ours is always sent', async (context) => {
    const ours = await alone(binary, context, GLOBAL);
    await ours.raw('AddPeer', wire({ 1: { 2: { 4: SWITCH, 5: 64500 } } }));
    expect(await ofPeer(ours, 6, 1, 1)).toBe(120);
    await ours.api.deletePeer(SWITCH);
    await ours.api.addPeer(PEER);
    expect(await ofPeer(ours, 6, 1, 1)).toBe(1);
  });

  test('hold time 1 or 2, and a keepalive above it: gobgpd takes them, so they are refused before', async (context) => {
    const ours = await alone(binary, context, GLOBAL);
    const odd = { ...PEER, holdTimeSeconds: 1, keepaliveSeconds: 5 };
    await ours.api.addPeer(odd);
    expect(await ours.api.peers()).toMatchObject([{ holdTimeSeconds: 1, keepaliveSeconds: 5 }]);
    expect(peerProblem(odd)).toMatch(/expected a hold time in seconds of 3/);
    expect(peerProblem({ ...odd, holdTimeSeconds: 9 })).toMatch(/expected a keepalive in seconds of 1..3/);
  });

  test('TTL security with multihop: gobgpd refuses both together, so it is not asked', async (context) => {
    const ours = await alone(binary, context, GLOBAL);
    const both = { ...PEER, ttlSecurity: true, multihopTtl: 5 };
    expect(await failureOf(ours.api.addPeer(both))).toMatchObject({ message: expect.stringContaining('exclusive') });
    expect(peerProblem(both)).toBe('expected TTL security or multihop, found both');
  });

  test(
    'UpdatePeer resets: before 3.15 with nothing changed, so an equal peer is left alone',
    PATIENT,
    async (context) => {
      const { ours } = await pair(binary, context);
      await ours.api.addPeer(PEER);
      await established(ours);
      const since = await upSince(ours);
      expect(await stepsFor(ours, PEER)).toEqual([]);
      await ours.api.updatePeer(PEER);
      if (isBefore(binary, '3.15')) return hasEnded(ours);
      await pause(1500);
      expect(await stateOf(ours)).toBe('established');
      expect(await upSince(ours)).toEqual(since);
    },
  );

  test(
    'read-modify-write resets: gobgpd does not tell what it was told, so ours is sent whole',
    PATIENT,
    async (context) => {
      const { ours } = await pair(binary, context);
      await ours.api.addPeer(PEER);
      await established(ours);
      expect(await stepsFor(ours, PEER)).toEqual([]);
      const [answer = new Uint8Array()] = await ours.rawList('ListPeer');
      const [told] = fieldsOf(answer, 1);
      await ours.raw('UpdatePeer', wire({ 1: told as Uint8Array }));
      await hasEnded(ours);
    },
  );

  test(
    'timer changes not renegotiated: the session keeps its old ones, so the peer is replaced',
    PATIENT,
    async (context) => {
      const { ours } = await pair(binary, context, { holdTimeSeconds: 90, keepaliveSeconds: 30 });
      await ours.api.addPeer(PEER);
      await established(ours);
      expect(await agreedHoldTime(ours)).toBe(9);
      if (!isBefore(binary, '3.15')) {
        await ours.api.updatePeer({ ...PEER, ...SLOW });
        await pause(1500);
        expect(await ours.api.peers()).toMatchObject([{ state: 'established', ...SLOW }]);
        expect(await agreedHoldTime(ours)).toBe(9);
        await ours.api.updatePeer(PEER);
      }
      expect(await stepsFor(ours, { ...PEER, ...SLOW })).toEqual(['replace-peer']);
      await ours.api.deletePeer(SWITCH);
      await ours.api.addPeer({ ...PEER, ...SLOW });
      await established(ours);
      expect(await agreedHoldTime(ours)).toBe(30);
    },
  );

  test(
    'per-peer apply_policy ignored: what it rejects goes out, so there is only the global policy',
    PATIENT,
    async (context) => {
      const { ours, peer } = await pair(binary, context);
      await ours.api.addPath(LOCAL);
      const [exportPolicy, rejectAll] = [binary.api === 'v3' ? 2 : 1, { 1: 'none', 2: 2, 5: 2 }];
      await ours.raw('AddPeer', request(ours, PEER, { 1: { [exportPolicy]: rejectAll } }));
      expect(await ofPeer(ours, 1, exportPolicy, 5)).toBe(2);
      await eventually(async () => expect(await received(peer)).toEqual([RANGE]));
      const assignment = { 1: SWITCH, 2: 2, 5: 2 };
      expect(await failureOf(ours.raw('SetPolicyAssignment', wire({ 1: assignment })))).toMatchObject({
        message: expect.stringContaining("doesn't have per peer policy"),
      });
    },
  );

  test(
    'MD5 key left on the listener: behind DeletePeer, so a password is changed by UpdatePeer',
    PATIENT,
    async (context) => {
      const [left, updated, deleted] = await Promise.all([
        pair(binary, context),
        pair(binary, context),
        pair(binary, context),
      ]);
      const passive = { ...PEER, passive: true };
      for (const { ours } of [left, updated, deleted]) await ours.api.addPeer({ ...passive, ...PASSWORD });
      expect(await stepsFor(updated.ours, passive)).toEqual(['update-peer']);
      await updated.ours.api.updatePeer(passive);
      for (const peer of await deleted.ours.api.peers()) await attempt(deleted.ours.api, { do: 'delete-peer', peer });
      await left.ours.api.deletePeer(SWITCH);
      for (const { ours } of [left, deleted]) await ours.api.addPeer(passive);
      for (const { ours } of [updated, deleted]) await established(ours);
      await pause(IN_VAIN);
      expect(await stateOf(left.ours)).not.toBe('established');
    },
  );

  test(
    'local_restarting holds routes: 3.10 keeps them from a peer without graceful restart, so it is never said',
    PATIENT,
    async (context) => {
      const [said, unsaid] = await Promise.all([pair(binary, context), pair(binary, context)]);
      const peer = { ...PEER, gracefulRestart: { restartTimeSeconds: 20 } };
      for (const { ours } of [said, unsaid]) await ours.api.addPath(LOCAL);
      await said.ours.raw('AddPeer', request(said.ours, peer, { 9: { 10: 1 } }));
      await unsaid.ours.api.addPeer(peer);
      expect(await ofPeer(unsaid.ours, 9, 10)).toBeUndefined();
      await eventually(async () => expect(await received(unsaid.peer)).toEqual([RANGE]));
      await established(said.ours);
      await pause(2000);
      expect(await received(said.peer)).toEqual(isBefore(binary, '3.36') ? [] : [RANGE]);
    },
  );

  test('N-bit: a node that dies would keep its traffic for longer, so it is never said', async (context) => {
    const ours = await alone(binary, context, GLOBAL);
    const peer = { ...PEER, gracefulRestart: { restartTimeSeconds: 20 } };
    await ours.raw('AddPeer', request(ours, peer, { 9: { 5: 1 } }));
    expect(await ofPeer(ours, 9, 5)).toBe(1);
    await ours.api.deletePeer(SWITCH);
    await ours.api.addPeer(peer);
    expect([await ofPeer(ours, 9, 1), await ofPeer(ours, 9, 5)]).toEqual([1, undefined]);
  });

  test('BFD on 3.x: what gobgpd does not know it drops without a word, so it is left out and told of', async (context) => {
    const ours = await alone(binary, context, GLOBAL);
    const bfd = { intervalMs: 300, multiplier: 3 };
    await ours.raw('AddPeer', request(ours, PEER, { 12: { 1: 1, 3: 300_000, 4: 300_000, 5: 3 } }));
    expect((await ofPeer(ours, 12)) === undefined).toBe(binary.api === 'v3');
    await ours.api.deletePeer(SWITCH);
    const wanted = { ...WANTED, listenPort: -1, peers: [{ ...PEER, bfd }] };
    const { speaker } = speak(ours, context);
    speaker.set(wanted);
    const state = binary.api === 'v3' ? 'unsupported' : 'down';
    await eventually(() => expect(speaker.state()).toMatchObject({ inSync: true, peers: [{ bfd: state }] }));
  });
});
