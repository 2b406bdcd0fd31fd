import { expect, test } from 'vitest';
import { downStep, withPauses } from '../../../src/bgp/bfd-pauses.ts';
import type { HeldPeer } from '../../../src/bgp/gobgp.ts';
import { PEER, WANTED } from './sample.ts';

const BFD = { ...PEER, bfd: { intervalMs: 300, multiplier: 3 } };
const held = (state: HeldPeer['state']): HeldPeer[] => [{ ...BFD, state, bfdState: undefined, lastError: undefined }];
const SECOND = 1000;

test('a session is down since it was first seen so, until it stands', () => {
  const first = downStep(new Map(), held('idle'), 5);
  expect(first).toEqual(new Map([[PEER.address, 5]]));
  expect(downStep(first, held('active'), 9)).toEqual(first);
  expect(downStep(first, held('established'), 9)).toEqual(new Map());
  expect(downStep(first, [], 9)).toEqual(new Map());
});

test.each([
  [0, true],
  [7.9, true],
  [8, false],
  [23.9, false],
  [24, true],
  [47.9, true],
  [48, false],
  [64, true],
])('after %s s without a session, BFD is on: %s', (seconds, on) => {
  const down = new Map([[PEER.address, SECOND]]);
  const { peers } = withPauses({ ...WANTED, peers: [BFD] }, down, SECOND + seconds * SECOND);
  expect(peers).toEqual([on ? BFD : PEER]);
});

test('nothing is taken off a session that stands, or off a peer without BFD', () => {
  expect(withPauses({ ...WANTED, peers: [BFD] }, new Map(), 10 * SECOND).peers).toEqual([BFD]);
  const down = new Map([[PEER.address, 0]]);
  expect(withPauses(WANTED, down, 10 * SECOND)).toEqual(WANTED);
});
