import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AnnouncementEvent, samePhase, starting, step } from '../../../src/announce/step.ts';
import type { Announcement } from '../../../src/model/status.ts';

const SETTINGS = { holdDownMs: 10_000 };
const FAILED = { reason: 'probe-failed', detail: 'timed-out' } as const;
const UNBOUND = { reason: 'range-unbound', detail: 'no route' } as const;

type Blocked = Extract<AnnouncementEvent, { kind: 'verdict' }>['blocked'];

const well = (at: number): AnnouncementEvent => ({ kind: 'verdict', at, pending: undefined, blocked: undefined });
const pending = (at: number): AnnouncementEvent => ({ kind: 'verdict', at, pending: 'the probe', blocked: undefined });
const blocked = (at: number, by: Blocked = FAILED): AnnouncementEvent => ({
  kind: 'verdict',
  at,
  pending: undefined,
  blocked: by,
});
const stop = (at: number): AnnouncementEvent => ({ kind: 'stop', at });

const after = (events: readonly AnnouncementEvent[]): Announcement =>
  events.reduce((state, event) => step(state, event, SETTINGS), starting(0));

/** `announced 5`, or `withdrawn 5 held-down`: the state, since when, and why. */
const brief = (state: Announcement): string =>
  [state.state, state.since, ...(state.state === 'withdrawn' ? [state.reason] : [])].join(' ');

describe('the announcement', () => {
  test.each<[string, AnnouncementEvent[], string]>([
    ['starts withdrawn', [], 'withdrawn 0 starting'],
    ['waits while anything is still to be proven', [pending(1), pending(99_999)], 'withdrawn 0 starting'],
    ['comes at once when all is proven, without a hold-down', [pending(1), well(2)], 'announced 2'],
    ['stays while all is well', [well(1), well(2), well(99_999)], 'announced 1'],
    ['stays while something new is still to be proven', [well(1), pending(2)], 'announced 1'],
    ['goes at once with the reason', [well(1), blocked(2)], 'withdrawn 2 probe-failed'],
    ['goes before it ever came, when a start fails', [pending(1), blocked(2)], 'withdrawn 2 probe-failed'],
    ['keeps the time of a reason that lasts', [well(1), blocked(2), blocked(3)], 'withdrawn 2 probe-failed'],
    ['takes on a weightier reason', [well(1), blocked(2), blocked(3, UNBOUND)], 'withdrawn 3 range-unbound'],
    ['is held down once all is well again', [well(1), blocked(2), well(3)], 'withdrawn 3 held-down'],
    ['is still held down a moment early', [well(1), blocked(2), well(3), well(10_002)], 'withdrawn 3 held-down'],
    ['comes back when the hold-down is over', [well(1), blocked(2), well(3), well(10_003)], 'announced 10003'],
    [
      'waits out a whole hold-down after every relapse',
      [well(1), blocked(2), well(3), blocked(9000), well(9001), well(10_003)],
      'withdrawn 9001 held-down',
    ],
    ['is held down after a failed start as well', [blocked(1), well(2), well(3)], 'withdrawn 2 held-down'],
    [
      'keeps its reason while it is not proven that all is well again',
      [blocked(1), pending(2)],
      'withdrawn 1 probe-failed',
    ],
    [
      'starts the hold-down anew when the clock was set back',
      [blocked(9000), well(9001), well(5)],
      'withdrawn 5 held-down',
    ],
    ['ends with the agent', [well(1), stop(2)], 'withdrawn 2 stopping'],
    [
      'never comes back after that',
      [well(1), stop(2), well(3), well(99_999), blocked(100_000)],
      'withdrawn 2 stopping',
    ],
    ['ends once', [stop(1), stop(2)], 'withdrawn 1 stopping'],
  ])('%s', (_, events, expected) => {
    expect(brief(after(events))).toBe(expected);
  });

  test('without a hold-down comes back at the next good moment', () => {
    const events = [well(1), blocked(2), well(3), well(3)];
    const state = events.reduce((before, event) => step(before, event, { holdDownMs: 0 }), starting(0));
    expect(brief(state)).toBe('announced 3');
  });

  test('tells what it waits for', () => {
    expect(after([pending(1)])).toHaveProperty('detail', 'the probe');
    expect(after([blocked(1)])).toHaveProperty('detail', 'timed-out');
    expect(after([blocked(1), blocked(2, { ...FAILED, detail: 'refused' })])).toHaveProperty('detail', 'refused');
    expect(after([blocked(1), well(2)])).toHaveProperty('detail', 'announcing again in 10000 ms');
  });

  test.each<[AnnouncementEvent[], AnnouncementEvent[], boolean]>([
    [[well(1)], [well(2)], true],
    [[blocked(1)], [blocked(2, { ...FAILED, detail: 'refused' })], true],
    [[blocked(1)], [blocked(1, UNBOUND)], false],
    [[well(1)], [blocked(1)], false],
  ])('%#: says the same but for wording and time', (a, b, same) => {
    expect(samePhase(after(a), after(b))).toBe(same);
  });
});

const anyVerdict = fc.record({
  kind: fc.constant('verdict' as const),
  at: fc.nat(50_000),
  pending: fc.constantFrom(undefined, undefined, 'the probe'),
  blocked: fc.constantFrom(undefined, undefined, undefined, FAILED, UNBOUND),
});
const inOrder = fc.array(anyVerdict, { maxLength: 40 }).map((events) => events.toSorted((a, b) => a.at - b.at));

test('property: nothing is announced while blocked, or from the start while pending', () => {
  fc.assert(
    fc.property(inOrder, (events) => {
      let state = starting(0);
      let proven = false;
      for (const event of events) {
        state = step(state, event, SETTINGS);
        proven ||= event.pending === undefined && event.blocked === undefined;
        if (event.blocked) expect(state).toMatchObject({ state: 'withdrawn', reason: event.blocked.reason });
        if (!proven) expect(state.state).toBe('withdrawn');
      }
    }),
  );
});

test('property: between a withdrawal and the next announcement lies a whole hold-down in which nothing blocked', () => {
  fc.assert(
    fc.property(inOrder, (events) => {
      let state = starting(0);
      let lastBlockedAt: number | undefined;
      for (const event of events) {
        const before = state;
        state = step(state, event, SETTINGS);
        if (event.blocked) lastBlockedAt = event.at;
        if (before.state === 'announced' || state.state !== 'announced' || lastBlockedAt === undefined) continue;
        expect(event.at - lastBlockedAt).toBeGreaterThanOrEqual(SETTINGS.holdDownMs);
      }
    }),
  );
});

test('property: however the clock jumps, a whole hold-down of good verdicts brings the announcement back', () => {
  fc.assert(
    fc.property(fc.array(anyVerdict), fc.nat(1000), (events, at) => {
      const later = [well(at), well(at), well(at + SETTINGS.holdDownMs)];
      expect(after([...events, ...later]).state).toBe('announced');
    }),
  );
});
