import { describe, expect, test } from 'vitest';
import {
  drainRequest,
  type DrainEvent,
  type DrainRequest,
  type DrainSettings,
  type DrainState,
  drainWish,
  type KeptDrain,
  resumed,
  stepDrain,
} from '../../../src/announce/drain.ts';
import { UNKNOWN } from './events.ts';
import { EXCLUDE_LABEL, NO_MARKS } from '../../../src/model/drain.ts';

const SETTINGS: DrainSettings = {
  timeoutMs: 300_000,
  settleMs: 10_000,
  excludeLabel: 'ignore',
  taints: [],
  maxDraining: 0,
};
const ordered = (timeoutMs: number, at = 0): DrainRequest => ({
  by: ['order'],
  order: { at, timeoutMs, untilExit: false },
});
const byTaint: DrainRequest = { by: ['taint a'], order: undefined };
const BY_ORDER = ordered(60_000);

const event = (at: number, also: Partial<DrainEvent> = {}): DrainEvent => ({
  at,
  request: BY_ORDER,
  announcement: 'deprioritised',
  announces: true,
  node: 'lb-1',
  census: UNKNOWN,
  connections: undefined,
  heldBack: undefined,
  ...also,
});

/** Plays events one after the other. */
const play = (events: readonly DrainEvent[], from?: DrainState): DrainState | undefined =>
  events.reduce((state, one) => stepDrain(state, one, SETTINGS), from);

/** A reading each second, of a counter that grows by as much as is said. */
function readings(grows: readonly number[], active = 3): DrainEvent[] {
  let opened = 1000;
  return grows.map((more, second) => {
    opened += more;
    return event(second * 1000, { connections: { active, opened, received: second } });
  });
}

const SEEN_QUIET = readings([0, 0, 0, 0, 0, 0]);
/** @param received packets so far; more with each second unless told */
const withdrawnAt = (at: number, active?: number, received = at): DrainEvent =>
  event(at, {
    announcement: 'withdrawn',
    connections: active === undefined ? undefined : { active, opened: 1000, received },
  });

describe('what asks for a drain', () => {
  const ORDER = { at: 1000, timeoutMs: 25_000, untilExit: false };
  const CORDONED = { ...NO_MARKS, taints: ['node.kubernetes.io/unschedulable'] };

  test.each<[string, Parameters<typeof drainRequest>, ReturnType<typeof drainRequest>]>([
    ['nothing', [undefined, NO_MARKS, SETTINGS], undefined],
    ['an order, with its own time', [ORDER, NO_MARKS, SETTINGS], { by: ['order'], order: ORDER }],
    ['an order, whatever is known of the Node', [ORDER, undefined, SETTINGS], { by: ['order'], order: ORDER }],
    [
      'the annotation',
      [undefined, { ...NO_MARKS, drain: true }, SETTINGS],
      { by: ['annotation fairlead.io/drain'], order: undefined },
    ],
    ['the label, where it is not honoured', [undefined, { ...NO_MARKS, excluded: true }, SETTINGS], undefined],
    [
      'the label, where it is',
      [undefined, { ...NO_MARKS, excluded: true }, { ...SETTINGS, excludeLabel: 'honour' }],
      { by: [`label ${EXCLUDE_LABEL}`], order: undefined },
    ],
    ['a cordoned node', [undefined, CORDONED, SETTINGS], undefined],
    ['any taint that is not listed', [undefined, CORDONED, { ...SETTINGS, taints: ['a', 'b'] }], undefined],
    [
      'a taint that is listed',
      [undefined, { ...NO_MARKS, taints: ['a', 'b'] }, { ...SETTINGS, taints: ['b', 'c'] }],
      { by: ['taint b'], order: undefined },
    ],
    ['a Node that could not be read', [undefined, undefined, SETTINGS], 'unknown'],
  ])('%s', (_, args, expected) => {
    expect(drainRequest(...args)).toStrictEqual(expected);
  });
});

describe('the stages', () => {
  test('nothing asked is nothing done', () => {
    expect(play([event(0, { request: undefined }), event(1, { request: 'unknown' })])).toBeUndefined();
    expect(drainWish(undefined)).toBe('none');
  });

  test('it begins with a lower priority and waits for new connections to end', () => {
    const state = play(readings([0, 40, 40]));
    expect(state).toMatchObject({ stage: 'deprioritised', connections: 3, waiting: 'new connections to end' });
    expect(state).toMatchObject({ startedAt: 0, since: 0, deadline: 60_000 });
    expect(drainWish(state)).toBe('deprioritise');
  });

  test.each<[string, readonly DrainEvent[], 'deprioritise' | 'withdraw']>([
    ['5 s without a new connection are quiet', SEEN_QUIET, 'withdraw'],
    ['4 s are not: the counters of the kernel move every two', SEEN_QUIET.slice(0, 5), 'deprioritise'],
    ['two in a reading are somebody checking', readings([0, 2, 0, 2, 0, 2]), 'withdraw'],
    ['three are clients', readings([0, 0, 3, 0, 0, 0]), 'deprioritise'],
    ['quiet begins behind the last ones', readings([0, 0, 3, 0, 0, 0, 0, 0, 0]), 'withdraw'],
    ['a counter that falls tells nothing', readings([0, 0, 0, 0, -500, 0]), 'deprioritise'],
    ['clients that never end are not waited for longer than settle', readings(Array(11).fill(50)), 'withdraw'],
    ['nor what cannot be counted', [event(0), event(10_000)], 'withdraw'],
    ['before that it is', [event(0), event(9999)], 'deprioritise'],
  ])('%s', (_, events, wish) => {
    expect(drainWish(play(events))).toBe(wish);
  });

  test('it stays at the lower priority for as long as it may not withdraw, and never goes back to wishing less', () => {
    const state = play([...SEEN_QUIET, ...readings(Array(90).fill(100))]);
    expect(state).toMatchObject({ stage: 'deprioritised', waiting: 'the withdrawal' });
    const heldBack = '0 other nodes announce in full, expected at least 1';
    expect(play([event(100_000, { heldBack })], state)).toHaveProperty('waiting', `the withdrawal: ${heldBack}`);
    expect(drainWish(state)).toBe('withdraw');
  });

  test('once withdrawn it waits for the active connections, and says how many', () => {
    const state = play([...SEEN_QUIET, withdrawnAt(6000, 3), withdrawnAt(9000, 2)]);
    expect(state).toMatchObject({ stage: 'withdrawn', since: 6000, waiting: '2 connections to end', connections: 2 });
    expect(state?.took).toStrictEqual({ waiting: 0, deprioritised: 6000 });
  });

  test('it is drained when none is left, and says what took how long', () => {
    const state = play([...SEEN_QUIET, withdrawnAt(6000, 3), withdrawnAt(9000, 0)]);
    expect(state).toMatchObject({ stage: 'drained', since: 9000, connections: 0, waiting: '' });
    expect(state?.took).toStrictEqual({ waiting: 0, deprioritised: 6000, withdrawn: 3000 });
  });

  test('a first look too early does not count: the switch takes its time, and a handshake is not active', () => {
    expect(play([...SEEN_QUIET, withdrawnAt(6000, 0), withdrawnAt(7999, 0)])).toMatchObject({ stage: 'withdrawn' });
    expect(play([...SEEN_QUIET, withdrawnAt(6000, 0), withdrawnAt(8000, 0)])).toMatchObject({ stage: 'drained' });
  });

  test('nor does a reading of before', () => {
    expect(play([...SEEN_QUIET, withdrawnAt(6000, 0), withdrawnAt(9000)])).toMatchObject({ stage: 'withdrawn' });
  });

  test('it is drained when nothing comes in for what is left: the switch has moved it, and no end of it is seen', () => {
    const silence = Array.from({ length: 11 }, (_, second) => withdrawnAt(6000 + second * 1000, 3, 77));
    expect(play([...SEEN_QUIET, ...silence.slice(0, 10)])).toMatchObject({ stage: 'withdrawn', silent: false });
    const state = play([...SEEN_QUIET, ...silence]);
    expect(state).toMatchObject({ stage: 'drained', silent: true, connections: 3 });
    expect(play([withdrawnAt(30_000)], state)).toMatchObject({ stage: 'drained', silent: true });
  });

  test('nothing is known of traffic that is not counted any more', () => {
    const twice = [withdrawnAt(6000, 3, 77), withdrawnAt(7000, 3, 77)];
    expect(play([...SEEN_QUIET, ...twice, withdrawnAt(40_000)])).toMatchObject({ stage: 'withdrawn', silent: false });
    expect(drainWish(play([...SEEN_QUIET.slice(0, 3), event(9999)]))).toBe('deprioritise');
  });

  test('one packet is a client that waits', () => {
    const silence = Array.from({ length: 11 }, (_, second) =>
      withdrawnAt(6000 + second * 1000, 3, second < 5 ? 77 : 78),
    );
    expect(play([...SEEN_QUIET, ...silence])).toMatchObject({ stage: 'withdrawn', silent: false });
  });

  test('where it was silent before, the withdrawal has still to reach the switch', () => {
    const idle = Array.from({ length: 12 }, (_, second) =>
      event(second * 1000, { connections: { active: 3, opened: 1000, received: 5 } }),
    );
    expect(play([...idle, withdrawnAt(12_000, 3, 5)])).toMatchObject({ stage: 'withdrawn', silent: true });
    expect(play([...idle, withdrawnAt(12_000, 3, 5), withdrawnAt(14_000, 3, 5)])).toMatchObject({ stage: 'drained' });
  });

  test('it is drained at the deadline, with the connections that are left', () => {
    const state = play([...SEEN_QUIET, withdrawnAt(6000, 3), withdrawnAt(60_000, 2)]);
    expect(state).toMatchObject({ stage: 'drained', connections: 2 });
  });

  test('without a count, only the deadline ends it', () => {
    const state = play([event(0), event(10_000), withdrawnAt(10_100), withdrawnAt(59_999)]);
    expect(state).toMatchObject({ stage: 'withdrawn', waiting: 'the deadline: connections cannot be counted' });
    expect(play([withdrawnAt(60_000)], state)).toMatchObject({ stage: 'drained' });
  });

  test('a deadline that passes before the withdrawal is no withdrawal', () => {
    const state = play([event(0), event(90_000)]);
    expect(state).toMatchObject({ stage: 'deprioritised', deadline: 60_000 });
    expect(play([withdrawnAt(90_100, 7)], state)).toMatchObject({ stage: 'drained', connections: 7 });
  });

  test('a new order with more time goes on waiting for what is left', () => {
    const late = play([...SEEN_QUIET, withdrawnAt(60_000, 2)]);
    const more = ordered(90_000);
    expect(play([{ ...withdrawnAt(61_000), request: more }], late)).toMatchObject({ stage: 'withdrawn' });
    const empty = play([...SEEN_QUIET, withdrawnAt(6000, 1), withdrawnAt(9000, 0)]);
    expect(play([{ ...withdrawnAt(61_000), request: more }], empty)).toMatchObject({ stage: 'drained', since: 9000 });
  });

  test('what is withdrawn already, for whatever reason, is not watched', () => {
    expect(play([withdrawnAt(0, 5)])).toMatchObject({ stage: 'withdrawn', took: { waiting: 0, deprioritised: 0 } });
  });

  test('an announcement that comes back is withdrawn again', () => {
    const state = play([...SEEN_QUIET, withdrawnAt(6000, 3), event(7000)]);
    expect(state).toMatchObject({ stage: 'deprioritised', since: 7000 });
    expect(drainWish(state)).toBe('withdraw');
  });

  test('it ends with the last that asked for it', () => {
    const state = play([...SEEN_QUIET, withdrawnAt(6000, 3)]);
    expect(play([event(7000, { request: undefined })], state)).toBeUndefined();
  });

  test('what the Node asked for goes on while it cannot be read, and what was ordered does not', () => {
    const both = { by: ['order', 'taint a'], order: undefined };
    const state = play([event(0, { request: both })]);
    expect(play([event(1, { request: 'unknown' })], state)).toMatchObject({ by: ['taint a'], startedAt: 0 });
    expect(play([event(0), event(1, { request: 'unknown' })])).toBeUndefined();
  });

  test('the Node does not say since when: its time runs from the start', () => {
    const state = play([event(5000, { request: byTaint }), event(9000, { request: byTaint })]);
    expect(state).toMatchObject({ deadline: 305_000 });
  });

  test('a clock that is set back ends no stage late', () => {
    const state = play([event(500_000, { request: byTaint })]);
    const later = play([event(1000, { request: 'unknown' }), event(11_000, { request: 'unknown' })], state);
    expect(later).toMatchObject({ since: 1000, traffic: { fallen: true } });
  });
});

describe('behind a restart of the agent', () => {
  const before = play([...SEEN_QUIET, withdrawnAt(6000, 3)]);
  const { connections: _c, silent: _s, traffic: _t, waiting: _w, ...kept } = before as DrainState;

  test('a drain goes on where it was, and waits while it is not clear what is announced', () => {
    const state = play([event(20_000, { announcement: 'starting' })], resumed(kept));
    expect(state).toMatchObject({ stage: 'withdrawn', since: 6000, took: { waiting: 0, deprioritised: 6000 } });
    expect(drainWish(state)).toBe('withdraw');
    expect(play([withdrawnAt(21_000, 0)], state)).toMatchObject({ stage: 'drained' });
  });

  test('an order that comes while it is not clear what is announced begins with a lower priority', () => {
    const state = play([event(0, { announcement: 'starting', connections: { active: 0, opened: 0, received: 0 } })]);
    expect(drainWish(state)).toBe('deprioritise');
    expect(play([event(60_000, { announcement: 'starting' })], state)).toMatchObject({ stage: 'deprioritised' });
  });

  test('what is kept survives being written and read', () => {
    expect(JSON.parse(JSON.stringify(kept))).toStrictEqual(kept satisfies KeptDrain);
  });
});
