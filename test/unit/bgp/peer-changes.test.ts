import { expect, test } from 'vitest';
import { FairleadError } from '../../../src/model/error.ts';
import { PeerChanges } from '../../../src/bgp/peer-changes.ts';
import type { Step } from '../../../src/bgp/plan.ts';
import { PEER } from './sample.ts';

const HELD = { ...PEER, state: 'established', bfdState: undefined, lastError: undefined } as const;
const slowed = (holdTimeSeconds: number): Step => ({
  do: 'replace-peer',
  peer: { ...PEER, holdTimeSeconds },
  held: HELD,
  differs: ['holdTimeSeconds'],
});
const [slower, slowest] = [slowed(30), slowed(60)];
const MINUTE = 60_000;

test('the same change of a peer is made once in five minutes, and another one at any time', () => {
  const changes = new PeerChanges();
  expect(changes.isFutile(slower, 0)).toBe(false);
  changes.record([{ step: slower, error: undefined }], 0);
  expect([changes.isFutile(slower, 1), changes.isFutile(slower, 5 * MINUTE - 1)]).toEqual([true, true]);
  expect(changes.isFutile(slowest, 1)).toBe(false);
  expect(changes.isFutile(slower, 5 * MINUTE)).toBe(false);
});

test('where other peers are wanted, each change may be made again', () => {
  const changes = new PeerChanges();
  changes.record([{ step: slower, error: undefined }], 0);
  changes.forget();
  expect(changes.isFutile(slower, 1)).toBe(false);
});

test('one that gobgpd refused may be tried again, and so may all that is no change of a peer', () => {
  const changes = new PeerChanges();
  const error = new FairleadError('gobgpd-failed', 'no');
  changes.record(
    [
      { step: slower, error },
      { step: { do: 'refresh-peers' }, error: undefined },
    ],
    0,
  );
  expect([changes.isFutile(slower, 1), changes.isFutile({ do: 'refresh-peers' }, 1)]).toEqual([false, false]);
});
