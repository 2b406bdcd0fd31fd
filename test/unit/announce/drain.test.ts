import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  drainRequest,
  type DrainEvent,
  type DrainSettings,
  type DrainState,
  drainWish,
  type KeptDrain,
  resumed,
  stepDrain,
} from '../../../src/announce/drain.ts';
import { DRAIN_STAGES, EXCLUDE_LABEL, NO_MARKS } from '../../../src/model/drain.ts';

const SETTINGS: DrainSettings = { timeoutMs: 300_000, settleMs: 10_000, excludeLabel: 'ignore', taints: [] };
const BY_ORDER = { by: ['order'], deadline: 60_000 };

const event = (at: number, also: Partial<DrainEvent> = {}): DrainEvent => ({
  at,
  request: BY_ORDER,
  announcement: 'deprioritised',
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
    return event(second * 1000, { connections: { active, opened } });
  });
}

const SEEN_QUIET = readings([0, 0, 0, 0, 0, 0]);
const withdrawnAt = (at: number, active?: number): DrainEvent =>
  event(at, { announcement: 'withdrawn', connections: active === undefined ? undefined : { active, opened: 1000 } });

describe('what asks for a drain', () => {
  const ORDER = { at: 1000, timeoutMs: 25_000 };
  const CORDONED = { ...NO_MARKS, taints: ['node.kubernetes.io/unschedulable'] };

  test.each<[string, Parameters<typeof drainRequest>, ReturnType<typeof drainRequest>]>([
    ['nothing', [undefined, NO_MARKS, SETTINGS], undefined],
    ['an order, with its own time', [ORDER, NO_MARKS, SETTINGS], { by: ['order'], deadline: 26_000 }],
    ['an order, whatever is known of the Node', [ORDER, undefined, SETTINGS], { by: ['order'], deadline: 26_000 }],
    [
      'the annotation',
      [undefined, { ...NO_MARKS, drain: true }, SETTINGS],
      { by: ['annotation fairlead.io/drain'], deadline: undefined },
    ],
    ['the label, where it is not honoured', [undefined, { ...NO_MARKS, excluded: true }, SETTINGS], undefined],
    [
      'the label, where it is',
      [undefined, { ...NO_MARKS, excluded: true }, { ...SETTINGS, excludeLabel: 'honour' }],
      { by: [`label ${EXCLUDE_LABEL}`], deadline: undefined },
    ],
    ['a cordoned node', [undefined, CORDONED, SETTINGS], undefined],
    ['any taint that is not listed', [undefined, CORDONED, { ...SETTINGS, taints: ['a', 'b'] }], undefined],
    [
      'a taint that is listed',
      [undefined, { ...NO_MARKS, taints: ['a', 'b'] }, { ...SETTINGS, taints: ['b', 'c'] }],
      { by: ['taint b'], deadline: undefined },
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
    expect(state?.took).toStrictEqual({ deprioritised: 6000 });
  });

  test('it is drained when none is left, and says what took how long', () => {
    const state = play([...SEEN_QUIET, withdrawnAt(6000, 3), withdrawnAt(9000, 0)]);
    expect(state).toMatchObject({ stage: 'drained', since: 9000, connections: 0, waiting: '' });
    expect(state?.took).toStrictEqual({ deprioritised: 6000, withdrawn: 3000 });
  });

  test('a first look too early does not count: the switch takes its time, and a handshake is not active', () => {
    expect(play([...SEEN_QUIET, withdrawnAt(6000, 0), withdrawnAt(7999, 0)])).toMatchObject({ stage: 'withdrawn' });
    expect(play([...SEEN_QUIET, withdrawnAt(6000, 0), withdrawnAt(8000, 0)])).toMatchObject({ stage: 'drained' });
  });

  test('nor does a reading of before', () => {
    expect(play([...SEEN_QUIET, withdrawnAt(6000, 0), withdrawnAt(9000)])).toMatchObject({ stage: 'withdrawn' });
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
    const more = { by: ['order'], deadline: 90_000 };
    expect(play([{ ...withdrawnAt(61_000), request: more }], late)).toMatchObject({ stage: 'withdrawn' });
    const empty = play([...SEEN_QUIET, withdrawnAt(6000, 1), withdrawnAt(9000, 0)]);
    expect(play([{ ...withdrawnAt(61_000), request: more }], empty)).toMatchObject({ stage: 'drained', since: 9000 });
  });

  test('what is withdrawn already, for whatever reason, is not watched', () => {
    expect(play([withdrawnAt(0, 5)])).toMatchObject({ stage: 'withdrawn', took: { deprioritised: 0 } });
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
    const both = { by: ['order', 'taint a'], deadline: undefined };
    const state = play([event(0, { request: both })]);
    expect(play([event(1, { request: 'unknown' })], state)).toMatchObject({ by: ['taint a'], startedAt: 0 });
    expect(play([event(0), event(1, { request: 'unknown' })])).toBeUndefined();
  });

  test('the Node does not say since when: its time runs from the start', () => {
    const node = { by: ['taint a'], deadline: undefined };
    const state = play([event(5000, { request: node }), event(9000, { request: node })]);
    expect(state).toMatchObject({ deadline: 305_000 });
  });

  test('a clock that is set back ends no stage late', () => {
    const state = play([event(500_000, { request: { by: ['taint a'], deadline: undefined } })]);
    const later = play([event(1000, { request: 'unknown' }), event(11_000, { request: 'unknown' })], state);
    expect(later).toMatchObject({ since: 1000, traffic: { fallen: true } });
  });
});

describe('behind a restart of the agent', () => {
  const before = play([...SEEN_QUIET, withdrawnAt(6000, 3)]);
  const { connections: _c, traffic: _t, waiting: _w, ...kept } = before as DrainState;

  test('a drain goes on where it was, and waits while it is not clear what is announced', () => {
    const state = play([event(20_000, { announcement: 'starting' })], resumed(kept));
    expect(state).toMatchObject({ stage: 'withdrawn', since: 6000, took: { deprioritised: 6000 } });
    expect(drainWish(state)).toBe('withdraw');
    expect(play([withdrawnAt(21_000, 0)], state)).toMatchObject({ stage: 'drained' });
  });

  test('an order that comes while it is not clear what is announced begins with a lower priority', () => {
    const state = play([event(0, { announcement: 'starting', connections: { active: 0, opened: 0 } })]);
    expect(drainWish(state)).toBe('deprioritise');
    expect(play([event(60_000, { announcement: 'starting' })], state)).toMatchObject({ stage: 'deprioritised' });
  });

  test('what is kept survives being written and read', () => {
    expect(JSON.parse(JSON.stringify(kept))).toStrictEqual(kept satisfies KeptDrain);
  });
});

const anEvent = (at: number): fc.Arbitrary<DrainEvent> =>
  fc.record({
    at: fc.constant(at),
    request: fc.constantFrom(BY_ORDER, { by: ['taint a'], deadline: undefined }, 'unknown' as const, undefined),
    announcement: fc.constantFrom('announced', 'deprioritised', 'withdrawn', 'starting'),
    connections: fc.option(fc.record({ active: fc.nat(3), opened: fc.nat(50) }), { nil: undefined }),
    heldBack: fc.constant(undefined),
  });
const events = fc
  .array(fc.nat(20_000), { maxLength: 40 })
  .chain((steps) => fc.tuple(...steps.map((_, i) => anEvent(steps.slice(0, i + 1).reduce((a, b) => a + b, 0)))));

/** Plays any events, and looks at each step. */
const each = (check: (before: DrainState | undefined, one: DrainEvent, after: DrainState | undefined) => void): void =>
  fc.assert(
    fc.property(events, (list) => {
      let state: DrainState | undefined;
      for (const one of list) {
        const after = stepDrain(state, one, SETTINGS);
        check(state, one, after);
        state = after;
      }
    }),
  );

describe('whatever comes', () => {
  test('withdrawn and drained are only said behind a withdrawal', () => {
    each((before, { announcement }, after) => {
      const further = DRAIN_STAGES.indexOf(after?.stage ?? 'deprioritised');
      const was = DRAIN_STAGES.indexOf(before?.stage ?? 'deprioritised');
      if (further > was) expect(announcement).toBe('withdrawn');
    });
  });

  test('drained is what has no connections left, or no time', () => {
    each((before, { at, connections }, after) => {
      if (after?.stage !== 'drained' || before?.stage === 'drained') return;
      expect(at >= after.deadline || connections?.active === 0).toBe(true);
    });
  });

  test('it lasts exactly as long as something asks for it', () => {
    each((before, { request }, after) => {
      const asks = request === 'unknown' ? before?.by.some((by) => by !== 'order') === true : request !== undefined;
      expect(after !== undefined).toBe(asks);
    });
  });

  test('no stage began in the future, and none is negative', () => {
    each((_, { at }, after) => {
      expect(after?.since ?? at).toBeLessThanOrEqual(at);
      expect(Math.min(0, ...Object.values(after?.took ?? {}))).toBe(0);
    });
  });

  test('what was deprioritised long enough is never wished less of', () => {
    each((before, _, after) => {
      if (before && after && drainWish(before) === 'withdraw') expect(drainWish(after)).toBe('withdraw');
    });
  });
});
