import { describe, expect, test } from 'vitest';
import {
  flapping,
  lostBetween,
  settledPeers,
  type Sessions,
  sessionsStep,
  withSince,
} from '../../../src/agent/sessions.ts';
import type { PeerStatus, SessionState } from '../../../src/model/path.ts';

const MINUTE = 60_000;
const peer = (state: SessionState, address = '10.22.108.1'): PeerStatus => ({
  address,
  as: 64500,
  state,
  advertised: [],
});
/** What has become of one peer that was seen in these states at these minutes. */
const after = (...seen: [minute: number, state: SessionState][]): Sessions =>
  seen.reduce<Sessions>(
    (sessions, [minute, state]) => sessionsStep(sessions, [peer(state)], minute * MINUTE),
    new Map(),
  );
const lost = (...minutes: number[]) =>
  after(
    ...minutes.flatMap((minute): [number, SessionState][] => [
      [minute, 'established'],
      [minute, 'idle'],
    ]),
  );

describe('a session is lost', () => {
  test.each<[string, SessionState, SessionState, string[]]>([
    ['not where it never was', 'idle', 'active', []],
    ['not when it comes up', 'active', 'established', []],
    ['not while it stands', 'established', 'established', []],
    ['when it ends', 'established', 'unknown', ['10.22.108.1']],
  ])('%s', (_, first, then, expected) => {
    const before = after([0, first]);
    expect([...lostBetween(before, sessionsStep(before, [peer(then)], MINUTE))]).toStrictEqual(expected);
  });

  test('not with its peer', () => {
    const before = after([0, 'established']);
    expect(lostBetween(before, sessionsStep(before, [], MINUTE)).size).toBe(0);
  });
});

describe('a peer flaps', () => {
  const SAID = ['10.22.108.1 was lost 3 times in 10 minutes'];
  test.each<[string, Sessions, number, string[]]>([
    ['with the third loss', lost(0, 1, 2), 2, SAID],
    ['not with the second', lost(0, 1), 1, []],
    [
      'also while it is established again',
      after(
        [0, 'established'],
        [1, 'idle'],
        [1, 'established'],
        [2, 'idle'],
        [2, 'established'],
        [3, 'idle'],
        [4, 'established'],
      ),
      4,
      SAID,
    ],
    ['until the first of three is ten minutes old', lost(0, 1, 2), 9.99, SAID],
    ['not longer', lost(0, 1, 2), 10, []],
    ['not by losses of all times', lost(0, 8, 16, 24), 24, []],
  ])('%s', (_, sessions, minute, said) => {
    expect(flapping(sessions, minute * MINUTE)).toStrictEqual(said);
  });
});

test('a peer that is no longer there is forgotten, and no other', () => {
  const both = sessionsStep(lost(0, 1, 2), [peer('idle'), peer('established', '10.22.108.2')], 3 * MINUTE);
  const one = sessionsStep(both, [peer('established', '10.22.108.2')], 4 * MINUTE);
  expect([...one.keys()]).toStrictEqual(['10.22.108.2']);
  expect(flapping(sessionsStep(one, [peer('idle')], 5 * MINUTE), 5 * MINUTE)).toStrictEqual([]);
});

test('a session that is lost for ever is not remembered for ever', () => {
  const minutes = Array.from({ length: 1000 }, (_, index) => index / 1000);
  const [session] = lost(...minutes).values();
  expect(session?.losses).toHaveLength(100);
});

const sinceIn = (sessions: Sessions): (number | undefined)[] =>
  withSince([peer('idle'), peer('idle', '10.22.108.2')], sessions).map(({ since }) => since);

test('a peer is told with when its session came up, was lost, or was first seen', () => {
  expect(sinceIn(after([1, 'idle'], [2, 'active']))).toStrictEqual([MINUTE, undefined]);
  expect(sinceIn(after([1, 'idle'], [2, 'established'], [3, 'established']))).toStrictEqual([2 * MINUTE, undefined]);
  expect(sinceIn(after([1, 'idle'], [2, 'established'], [3, 'idle'], [4, 'active']))).toStrictEqual([
    3 * MINUTE,
    undefined,
  ]);
});

test('a session is settled ten seconds after it came up', () => {
  const sessions = sessionsStep(new Map(), [peer('established'), peer('idle', '10.22.108.2')], 1000);
  expect([10_999, 11_000].map((now) => [...settledPeers(sessions, now)])).toStrictEqual([[], ['10.22.108.1']]);
  expect(settledPeers(sessionsStep(sessions, [peer('idle')], 2000), 20_000).size).toBe(0);
});
