import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DrainEvent, type DrainState, drainWish, stepDrain } from '../../../src/announce/drain.ts';
import { DRAIN_STAGES } from '../../../src/model/drain.ts';
import { others, unconfirmed, UNKNOWN } from './events.ts';

const SETTINGS = { timeoutMs: 300_000, settleMs: 10_000, excludeLabel: 'ignore', taints: [], maxDraining: 1 } as const;
const BY_ORDER = { by: ['order'], order: { at: 0, timeoutMs: 60_000, untilExit: false } };

const anEvent = (at: number): fc.Arbitrary<DrainEvent> =>
  fc.record({
    at: fc.constant(at),
    request: fc.constantFrom(BY_ORDER, { by: ['taint a'], order: undefined }, 'unknown' as const, undefined),
    announcement: fc.constantFrom('announced', 'deprioritised', 'withdrawn', 'starting'),
    announces: fc.constantFrom<DrainEvent['announces'][]>(true, false, 'unknown'),
    node: fc.constant('lb-1'),
    census: fc.constantFrom(UNKNOWN, others('announced'), unconfirmed('announced'), others('announced:drains')),
    connections: fc.option(fc.record({ active: fc.nat(3), opened: fc.nat(50), received: fc.nat(2) }), {
      nil: undefined,
    }),
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
      const further = DRAIN_STAGES.indexOf(after?.stage ?? 'waiting');
      const was = DRAIN_STAGES.indexOf(before?.stage ?? 'waiting');
      if (further > Math.max(was, DRAIN_STAGES.indexOf('deprioritised'))) expect(announcement).toBe('withdrawn');
    });
  });

  test('drained is what has no connections left, or no time', () => {
    each((before, { at, connections }, after) => {
      if (after?.stage !== 'drained' || before?.stage === 'drained') return;
      expect(at >= after.deadline || connections?.active === 0 || after.silent).toBe(true);
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
