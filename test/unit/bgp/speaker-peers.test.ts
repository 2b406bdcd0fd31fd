import { expect, test, vi } from 'vitest';
import type { GobgpApi, HeldPeer } from '../../../src/bgp/gobgp.ts';
import { open } from './rig.ts';
import { PEER } from './sample.ts';

/** Makes a gobgpd report its peers otherwise than it was told. */
const reporting = (otherwise: (peer: HeldPeer) => HeldPeer) => (api: GobgpApi) => {
  const peers = api.peers.bind(api);
  api.peers = async () => (await peers()).map(otherwise);
};

test('a gobgpd that reports a setting otherwise than it was told loses no session for it twice', async () => {
  const slower = reporting((peer) => ({ ...peer, keepaliveSeconds: 60 }));
  const { gobgpd, events, speaker, want } = await open('v3', slower);
  await want();
  for (let pass = 0; pass < 5; pass++) await speaker.reconcile();
  expect(events.filter((event) => event === 'peer-replaced')).toHaveLength(1);
  expect(gobgpd.count('DeletePeer')).toBe(1);
  expect(speaker.state().problem).toBe(
    'peer 10.22.108.1: expected its keepaliveSeconds in gobgpd after the call, read back another',
  );
  // Once for the hold time, and once more for what it then still reports otherwise.
  await want({ peers: [{ ...PEER, holdTimeSeconds: 30 }] });
  for (let pass = 0; pass < 5; pass++) await speaker.reconcile();
  expect(gobgpd.count('DeletePeer')).toBe(3);
});

test('BFD that comes up behind its session is seen, though gobgpd tells of no such thing', async () => {
  const bfd = { intervalMs: 300, multiplier: 3 };
  let bfdState: HeldPeer['bfdState'] = 'down';
  const established = reporting((peer) => ({ ...peer, state: 'established', bfdState }));
  const { speaker, want } = await open('v3', established);
  expect(await want({ peers: [{ ...PEER, bfd }] })).toMatchObject({ inSync: true, peers: [{ bfd: 'down' }] });
  bfdState = 'up';
  await vi.waitFor(() => expect(speaker.state().peers).toMatchObject([{ bfd: 'up' }]), 10_000);
});
