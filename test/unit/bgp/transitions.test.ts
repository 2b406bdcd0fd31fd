import { expect, test } from 'vitest';
import type { BgpState } from '../../../src/bgp/speaker.ts';
import { transitions } from '../../../src/bgp/transitions.ts';
import type { SessionState } from '../../../src/model/path.ts';

const UP: BgpState = {
  reachable: true,
  silent: false,
  version: 'v4',
  problem: undefined,
  inSync: true,
  prefixes: [],
  peers: [],
  withdrawingSince: undefined,
};
const LOST: BgpState = { ...UP, reachable: false, problem: 'no answer', inSync: false };
const withPeer = (state: SessionState): BgpState => ({
  ...UP,
  peers: [{ address: '10.22.108.1', as: 64500, state, advertised: [] }],
});

test.each<[string, BgpState, BgpState, object[]]>([
  ['nothing for a state that stays', UP, UP, []],
  ['a lost gobgpd once, with the reason', UP, LOST, [{ level: 'warn', event: 'gobgpd-lost', problem: 'no answer' }]],
  [
    'nothing for another reason while it is lost but the reason',
    LOST,
    { ...LOST, problem: 'timeout' },
    [{ level: 'warn', event: 'problem-found', problem: 'timeout' }],
  ],
  ['a gobgpd that is back', LOST, UP, [{ level: 'info', event: 'gobgpd-reached' }]],
  ['a problem that is gone', { ...UP, problem: 'x' }, UP, [{ level: 'info', event: 'problem-solved' }]],
])('tells %s', (_, before, after, lines) => {
  expect(transitions(before, after)).toEqual(lines);
});

test.each<[SessionState, SessionState, string, string]>([
  ['active', 'established', 'info', 'session-established'],
  ['established', 'idle', 'warn', 'session-lost'],
  ['idle', 'active', 'debug', 'session-changed'],
])('a session from %s to %s is told at %s as %s', (from, to, level, event) => {
  const line = { level, event, peer: '10.22.108.1', from, to };
  expect(transitions(withPeer(from), withPeer(to))).toEqual([line]);
});
