import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Budget,
  BURST,
  dismiss,
  fullBudget,
  known,
  nextEvent,
  record,
  REMEMBERED,
  type Tally,
  TOKEN_EVERY_MS,
  WINDOW_MS,
  written,
} from '../../../src/cluster/event-budget.ts';
import type { NodeEvent } from '../../../src/cluster/node-event.ts';

const EPOCH = 1_700_000_000_000;
const event = (key: string, message = key): NodeEvent => ({ key, reason: key, type: 'Normal', message });
const happen = (budget: Budget, key: string, at: number): Budget =>
  record(budget, event(key), { at, time: EPOCH + at });

/** Writes all that may be written at a moment. */
function drain(budget: Budget, at: number): { readonly budget: Budget; readonly sent: readonly Tally[] } {
  const sent: Tally[] = [];
  let now = budget;
  for (let next = nextEvent(now, at); next?.waitMs === 0; next = nextEvent(now, at)) {
    sent.push(next.tally);
    now = written(now, next.tally, at);
  }
  return { budget: now, sent };
}

test('the figures are those of docs/kubernetes.md', () => {
  expect({ BURST, TOKEN_EVERY_MS, WINDOW_MS }).toStrictEqual({ BURST: 25, TOKEN_EVERY_MS: 30_000, WINDOW_MS: 600_000 });
});

test('what happens once is written once', () => {
  const { budget, sent } = drain(happen(fullBudget(0), 'a', 5), 5);
  expect(sent).toMatchObject([{ event: { key: 'a' }, count: 1, exists: false, firstTime: EPOCH + 5 }]);
  expect(nextEvent(budget, 5)).toBeUndefined();
});

test('what happens again within ten minutes is counted, with its newest words', () => {
  const once = drain(happen(fullBudget(0), 'a', 0), 0).budget;
  const twice = record(once, event('a', 'worse'), { at: WINDOW_MS - 1, time: EPOCH + WINDOW_MS - 1 });
  expect(drain(twice, WINDOW_MS - 1).sent).toMatchObject([
    {
      event: { message: 'worse' },
      number: 0,
      count: 2,
      exists: true,
      firstTime: EPOCH,
      lastTime: EPOCH + WINDOW_MS - 1,
    },
  ]);
});

test('what happens again later is another Event', () => {
  const once = drain(happen(fullBudget(0), 'a', 0), 0).budget;
  expect(drain(happen(once, 'a', WINDOW_MS), WINDOW_MS).sent).toMatchObject([{ number: 1, count: 1, exists: false }]);
});

test('a burst goes out at once, the rest one by one, and what was never told comes first', () => {
  const keys = Array.from({ length: BURST }, (_, index) => `e${index}`);
  const full = keys.reduce((budget, key) => happen(budget, key, 0), fullBudget(0));
  const { budget, sent } = drain(full, 0);
  expect(sent).toHaveLength(BURST);
  const more = happen(happen(budget, 'e3', 1), 'new', 2);
  expect(nextEvent(more, 2)).toMatchObject({ tally: { event: { key: 'new' } }, waitMs: TOKEN_EVERY_MS - 2 });
  const later = drain(more, TOKEN_EVERY_MS);
  expect(later.sent).toHaveLength(1);
  expect(drain(later.budget, 2 * TOKEN_EVERY_MS).sent).toMatchObject([{ event: { key: 'e3' }, count: 2 }]);
});

test('a long silence saves up no more than one burst', () => {
  const at = 100 * BURST * TOKEN_EVERY_MS;
  const keys = Array.from({ length: BURST + 5 }, (_, index) => `e${index}`);
  expect(
    drain(
      keys.reduce((budget, key) => happen(budget, key, at), fullBudget(0)),
      at,
    ).sent,
  ).toHaveLength(BURST);
});

test('counts that could not be told one by one are told together', () => {
  let budget = drain(happen(fullBudget(0), 'a', 0), 0).budget;
  for (let at = 1; at <= 100; at++) budget = happen(budget, 'a', at);
  expect(drain(budget, 100).sent.map(({ count }) => count)).toStrictEqual([101]);
});

test('what could not be told for ten minutes is never told', () => {
  const budget = happen(fullBudget(0), 'a', 0);
  expect(nextEvent(budget, WINDOW_MS - 1)).toBeDefined();
  expect(nextEvent(budget, WINDOW_MS)).toBeUndefined();
});

test('of too many that wait, the oldest have to go', () => {
  const keys = Array.from({ length: REMEMBERED + 3 }, (_, index) => `e${index}`);
  const budget = keys.reduce((now, key, at) => happen(now, key, at), fullBudget(0));
  expect([...budget.tallies.keys()]).toStrictEqual(keys.slice(3));
  expect([...happen(budget, 'e3', 99).tallies.keys()].at(-1)).toBe('e3');
});

describe('what the API has', () => {
  test('an Event that it has forgotten is made again, with all it had counted', () => {
    const once = drain(happen(fullBudget(0), 'a', 0), 0).budget;
    const twice = happen(once, 'a', 1);
    const gone = known(twice, nextEvent(twice, 1)?.tally as Tally, false);
    expect(nextEvent(gone, 1)?.tally).toMatchObject({ exists: false, count: 2 });
  });

  test('one that happened again while it was written is written again', () => {
    const budget = happen(fullBudget(0), 'a', 0);
    const { tally } = nextEvent(budget, 0) as { tally: Tally };
    const after = written(happen(budget, 'a', 1), tally, 1);
    expect(nextEvent(after, 1)?.tally).toMatchObject({ exists: true, count: 2 });
  });

  test('what need not be told any more is not', () => {
    expect(nextEvent(dismiss(happen(fullBudget(0), 'a', 0), 'a'), 0)).toBeUndefined();
    expect(dismiss(fullBudget(0), 'a')).toStrictEqual(fullBudget(0));
  });
});

interface Step {
  readonly after: number;
  readonly key: string;
  readonly reachable: boolean;
}

const steps = fc.array(
  fc.record({
    after: fc.oneof(fc.integer({ min: 0, max: 2000 }), fc.integer({ min: 0, max: 2 * WINDOW_MS })),
    key: fc.integer({ min: 0, max: 80 }).map(String),
    reachable: fc.boolean(),
  }),
  { maxLength: 300 },
);

/** What is written in a history of happenings, of which some fall into an outage. */
function play(history: readonly Step[]): { readonly at: number; readonly tally: Tally; readonly size: number }[] {
  let at = 0;
  let budget = fullBudget(0);
  return history.flatMap(({ after, key, reachable }) => {
    at += after;
    budget = happen(budget, key, at);
    const size = budget.tallies.size;
    const result = reachable ? drain(budget, at) : { budget, sent: [] };
    ({ budget } = result);
    return result.sent.map((tally) => ({ at, tally, size }));
  });
}

test('in whatever comes, no time has more requests than its share, and no Event says what is not so', () => {
  fc.assert(
    fc.property(steps, (history) => {
      const sent = play(history);
      for (const [index, first] of sent.entries()) {
        for (const [more, last] of sent.slice(index).entries()) {
          expect(more + 1).toBeLessThanOrEqual(BURST + (last.at - first.at) / TOKEN_EVERY_MS + 1e-6);
        }
      }
      for (const { at, size, tally } of sent) {
        expect(at - tally.lastAt).toBeLessThan(WINDOW_MS);
        expect(size).toBeLessThanOrEqual(REMEMBERED);
        expect(tally.count).toBeGreaterThan(tally.written);
      }
      const made = sent.filter(({ tally }) => !tally.exists).map(({ tally }) => tally.number);
      expect(new Set(made).size).toBe(made.length);
      const counted = sent.reduce((sum, { tally }) => sum + tally.count - tally.written, 0);
      expect(counted).toBeLessThanOrEqual(history.length);
    }),
  );
});
