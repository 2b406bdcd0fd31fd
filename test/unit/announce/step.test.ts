import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AnnouncementEvent, samePhase, starting, step } from '../../../src/announce/step.ts';
import type { Announcement } from '../../../src/model/status.ts';
import { blocked, FAILED, pending, stop, UNBOUND, verdict, well } from './events.ts';

/** Nobody else is asked: what the others have to say is in census.test.ts. */
const SETTINGS = { holdDownMs: 10_000, maxHoldDownMs: 10_000, minimumAnnouncers: 0 };

const after = (events: readonly AnnouncementEvent[], settings = SETTINGS): Announcement =>
  events.reduce((decision, event) => step(decision, event, settings), starting(0)).announcement;

/** `announced 5`, or `withdrawn 5 held-down`: the state, since when, and why. */
const brief = (state: Announcement): string =>
  [state.state, state.since, ...(state.state === 'announced' ? [] : [state.reason])].join(' ');

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
    expect(brief(after(events, { ...SETTINGS, holdDownMs: 0, maxHoldDownMs: 0 }))).toBe('announced 3');
  });

  test('tells what it waits for', () => {
    expect(after([pending(1)])).toHaveProperty('detail', 'the probe');
    expect(after([blocked(1)])).toHaveProperty('detail', 'timed-out');
    expect(after([blocked(1), blocked(2, { ...FAILED, detail: 'refused' })])).toHaveProperty('detail', 'refused');
    expect(after([blocked(1), well(2)])).toHaveProperty('detail', 'announcing in full again in 10000 ms');
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

const anyVerdict = fc
  .record({
    at: fc.nat(50_000),
    pending: fc.constantFrom(undefined, undefined, 'the probe'),
    fault: fc.constantFrom(undefined, undefined, undefined, FAILED, UNBOUND),
  })
  .map(verdict);
const inOrder = fc.array(anyVerdict, { maxLength: 40 }).map((events) => events.toSorted((a, b) => a.at - b.at));

test('property: nothing is announced under a fault, or from the start while pending', () => {
  fc.assert(
    fc.property(inOrder, (events) => {
      let decision = starting(0);
      let proven = false;
      for (const event of events) {
        decision = step(decision, event, SETTINGS);
        proven ||= event.pending === undefined && event.fault === undefined;
        if (event.fault) {
          expect(decision.announcement).toMatchObject({ state: 'withdrawn', reason: event.fault.reason });
        }
        if (!proven) expect(decision.announcement.state).toBe('withdrawn');
      }
    }),
  );
});

test('property: between a withdrawal and the next announcement lies a whole hold-down without a fault', () => {
  fc.assert(
    fc.property(inOrder, (events) => {
      let decision = starting(0);
      let faultAt: number | undefined;
      for (const event of events) {
        const before = decision.announcement;
        decision = step(decision, event, SETTINGS);
        if (event.fault) faultAt = event.at;
        if (before.state === 'announced' || decision.announcement.state !== 'announced' || faultAt === undefined)
          continue;
        expect(event.at - faultAt).toBeGreaterThanOrEqual(SETTINGS.holdDownMs);
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

test('what the announcement was before is remembered, the latest 32 of it', () => {
  const once = [well(1), blocked(2), well(3), well(20_000)];
  const decision = once.reduce((before, event) => step(before, event, SETTINGS), starting(0));
  expect(decision.history.map(brief)).toStrictEqual([
    'withdrawn 0 starting',
    'announced 1',
    'withdrawn 2 probe-failed',
    'withdrawn 3 held-down',
  ]);
  const many = Array.from({ length: 40 }, (_, i) => [blocked(10 * i), blocked(10 * i + 5, UNBOUND)]).flat();
  const { history } = many.reduce((before, event) => step(before, event, SETTINGS), decision);
  expect(history).toHaveLength(32);
});
