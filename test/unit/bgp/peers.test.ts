import { describe, expect, test } from 'vitest';
import type { HeldPeer } from '../../../src/bgp/gobgp.ts';
import { changeKey, neighborOf, peerSteps } from '../../../src/bgp/peers.ts';
import type { Peer } from '../../../src/model/path.ts';
import { PEER } from './sample.ts';

const HELD: HeldPeer = { ...PEER, state: 'established', bfdState: undefined, lastError: undefined };
const kinds = (wanted: readonly Peer[], held: readonly HeldPeer[]) => peerSteps(wanted, held).map((step) => step.do);

describe('the steps to other peers', () => {
  test('are none for equal ones, and none for a family too many', () => {
    expect(peerSteps([PEER], [HELD])).toEqual([]);
    expect(peerSteps([PEER], [{ ...HELD, families: ['ipv4', 'ipv6'] }])).toEqual([]);
  });

  test('are none for the source address that the kernel took where none is asked for', () => {
    expect(peerSteps([PEER], [{ ...HELD, localAddress: '10.22.108.100' }])).toEqual([]);
  });

  test.each<Partial<Peer>>([
    { as: 64501 },
    { port: 1790 },
    { families: ['ipv4', 'ipv6'] },
    { holdTimeSeconds: 30 },
    { keepaliveSeconds: 1 },
    { ttlSecurity: true },
    { passive: true },
    { multihopTtl: 3 },
    { gracefulRestart: { restartTimeSeconds: 30 } },
  ])('open a new session for %o', (part) => {
    const peer = { ...PEER, ...part };
    expect(peerSteps([peer], [HELD])).toEqual([{ do: 'replace-peer', peer, held: HELD, differs: Object.keys(part) }]);
  });

  test('open a new session for another source, and leave the one that gobgpd took where none is asked for', () => {
    const held = { ...HELD, localAddress: '10.22.108.100' };
    expect(kinds([{ ...PEER, localAddress: '10.22.108.100' }], [held])).toEqual([]);
    expect(kinds([{ ...PEER, localAddress: '10.22.108.101' }], [held])).toEqual(['replace-peer']);
    expect(kinds([{ ...PEER, localAddress: '10.22.108.100' }], [HELD])).toEqual(['replace-peer']);
    expect(kinds([PEER], [held])).toEqual([]);
  });

  test.each<Partial<Peer>>([
    { connectRetrySeconds: 30 },
    { password: () => 'new' },
    { bfd: { intervalMs: 300, multiplier: 3 } },
  ])('let gobgpd go on with the session for %o', (part) => {
    const peer = { ...PEER, ...part };
    expect(peerSteps([peer], [HELD])).toEqual([{ do: 'update-peer', peer, held: HELD, differs: Object.keys(part) }]);
    expect(kinds([PEER], [{ ...HELD, ...part }])).toEqual(['update-peer']);
    expect(kinds([peer], [{ ...HELD, ...part }])).toEqual([]);
  });

  test('compare a password by its text', () => {
    expect(kinds([{ ...PEER, password: () => 'same' }], [{ ...HELD, password: () => 'same' }])).toEqual([]);
    expect(kinds([{ ...PEER, password: () => 'one' }], [{ ...HELD, password: () => 'other' }])).toEqual([
      'update-peer',
    ]);
  });

  test('delete what is not wanted before anything else, and add what is missing behind it', () => {
    const other = { ...PEER, address: '10.22.108.2' };
    expect(peerSteps([other], [HELD])).toEqual([
      { do: 'delete-peer', peer: HELD },
      { do: 'add-peer', peer: other },
    ]);
  });
});

test('a gobgpd is told of a peer without what goes through the policies, and of BFD only where it knows it', () => {
  const onTop = { communities: [], largeCommunities: [], med: 1, prepend: 0, localPref: undefined };
  const peer = { ...PEER, onTop, bfd: { intervalMs: 300, multiplier: 3 } };
  expect(neighborOf(peer, 'v4')).toEqual({ ...PEER, bfd: peer.bfd });
  expect(neighborOf(peer, 'v3')).toEqual(PEER);
});

const keyOf = (peer: Peer, held: HeldPeer) => peerSteps([peer], [held]).map(changeKey);

test('a change is known again by what is to become what, whatever has become of the session', () => {
  const slow = { ...PEER, holdTimeSeconds: 30, keepaliveSeconds: 10 };
  expect(keyOf(slow, { ...HELD, state: 'idle', lastError: 'x' })).toEqual(keyOf(slow, HELD));
  expect(keyOf({ ...slow, holdTimeSeconds: 60 }, HELD)).not.toEqual(keyOf(slow, HELD));
  expect(keyOf(slow, { ...HELD, holdTimeSeconds: 60 })).not.toEqual(keyOf(slow, HELD));
  const [one, other] = ['one', 'other'].map((text) => keyOf({ ...PEER, password: () => text }, HELD));
  expect(one).not.toEqual(other);
  expect(changeKey({ do: 'refresh-peers' })).toBeUndefined();
  expect(keyOf({ ...PEER, bfd: { intervalMs: 300, multiplier: 3 } }, HELD)).toEqual([undefined]);
});
