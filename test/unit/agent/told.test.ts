import { expect, test } from 'vitest';
import { type Decided, toldOf } from '../../../src/agent/told.ts';
import type { PeerStatus } from '../../../src/model/path.ts';

const RANGES = ['10.99.66.0/23', 'fd99:66::/112'];

const peer = (state: PeerStatus['state'], advertised: readonly string[]): PeerStatus => ({
  address: '10.22.108.1',
  as: 64500,
  state,
  advertised,
});

const told = (peers: readonly PeerStatus[], change: Partial<Decided> = {}) =>
  toldOf({
    state: 'announced',
    conditions: [],
    prefixes: RANGES,
    bgp: { reachable: true, peers },
    turn: undefined,
    ...change,
  }).state;

test.each([
  ['one switch that has all prefixes', [peer('established', RANGES)], 'announced'],
  ['one of two switches', [peer('active', []), peer('established', RANGES)], 'announced'],
  ['no switch', [], 'withdrawn'],
  ['a switch without a session', [peer('active', RANGES)], 'withdrawn'],
  ['a switch that was not told yet', [peer('established', [])], 'withdrawn'],
  ['a switch that was told a part', [peer('established', RANGES.slice(1))], 'withdrawn'],
] as const)('with %s the others may count on %s', (_title, peers, state) => {
  expect(told(peers)).toBe(state);
});

test('what gobgpd was last seen to do is nothing to count on while it does not answer', () => {
  const peers = [peer('established', RANGES)];
  expect(told(peers, { bgp: { reachable: false, peers } })).toBe('withdrawn');
});

test('a deprioritised announcement is told as one', () => {
  expect(told([peer('established', RANGES)], { state: 'deprioritised' })).toBe('deprioritised');
  expect(told([], { state: 'deprioritised' })).toBe('withdrawn');
});

test('of the conditions those are told that move the announcement, each once and in order', () => {
  const conditions = (['snat-out-of-sync', 'peer-down', 'filter-out-of-sync', 'snat-out-of-sync'] as const).map(
    (code) => ({ code, detail: '' }),
  );
  const bgp = { reachable: true, peers: [] };
  const { faults } = toldOf({ state: 'withdrawn', conditions, prefixes: [], bgp, turn: undefined });
  expect(faults).toStrictEqual(['filter-out-of-sync', 'snat-out-of-sync']);
});

test('a node that is to drain says where it stands, and any other nothing of it', () => {
  const decided = { state: 'announced', conditions: [], prefixes: [], bgp: { reachable: false, peers: [] } } as const;
  const turn = { step: 'waits', number: 3 } as const;
  expect(toldOf({ ...decided, turn })).toHaveProperty('turn', turn);
  expect(toldOf({ ...decided, turn: undefined })).not.toHaveProperty('turn');
});
