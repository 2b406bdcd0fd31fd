import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Shown } from '../../../src/cluster/node-condition.ts';
import {
  CHANGE_EVERY_MS,
  HEARTBEAT_MS,
  inherit,
  REWORD_EVERY_MS,
  said,
  type Saying,
  SETTLE_MS,
  STARTING_MS,
  untilSaid,
  want,
} from '../../../src/cluster/node-condition-pace.ts';

const EPOCH = 1_700_000_000_000;
const at = (ms: number) => ({ at: ms, time: EPOCH + ms });
const STARTING: Shown = { status: 'Unknown', reason: 'Starting', message: 'waiting' };
const UP: Shown = { status: 'True', reason: 'Announced', message: 'announcing' };
const DOWN: Shown = { status: 'False', reason: 'ProbeFailed', message: 'withdrawn' };
const first = (shown: Shown): Saying => want(undefined, shown, at(0));
const written = (shown: Shown): Saying => said(first(shown), first(shown), 0);

test('the figures are those of docs/kubernetes.md', () => {
  const seconds = [SETTLE_MS, CHANGE_EVERY_MS, STARTING_MS, REWORD_EVERY_MS, HEARTBEAT_MS].map((ms) => ms / 1000);
  expect(seconds).toStrictEqual([1, 5, 10, 60, 300]);
});

describe('the Node is made to say it', () => {
  test.each([
    ['what is known first, a moment later', first(UP), SETTLE_MS],
    ['that the agent starts, only where that takes long', first(STARTING), STARTING_MS],
    ['what it says already, as a heartbeat', written(UP), HEARTBEAT_MS],
    ['another status, with a pause between two', want(written(UP), DOWN, at(1)), CHANGE_EVERY_MS],
    ['another status after a while, a moment later', want(written(UP), DOWN, at(60_000)), 60_000 + SETTLE_MS],
    ['other words, seldom', want(written(UP), { ...UP, message: 'm' }, at(1)), REWORD_EVERY_MS],
    ['what it says again, as if nothing had been', want(want(written(UP), DOWN, at(1)), UP, at(2)), HEARTBEAT_MS],
  ])('%s', (_, saying, due) => {
    expect(untilSaid(saying, 0, false)).toBe(due);
    expect(untilSaid(saying, due - 1, false)).toBe(1);
    expect(untilSaid(saying, due + 1, false)).toBe(0);
  });

  test('at once where there is no later moment, unless there is nothing to say', () => {
    expect(untilSaid(want(written(UP), DOWN, at(1)), 1, true)).toBe(0);
    expect(untilSaid(first(UP), 0, true)).toBe(0);
    expect(untilSaid(written(UP), HEARTBEAT_MS, true)).toBe(Number.POSITIVE_INFINITY);
    expect(untilSaid(first(STARTING), STARTING_MS, true)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the time of the last change', () => {
  test('is that of the status, not of its reason or its words', () => {
    const later = want(written(DOWN), { ...DOWN, reason: 'HeldDown', message: 'm' }, at(5000));
    expect(later.since).toBe(EPOCH);
    expect(want(later, UP, at(6000)).since).toBe(EPOCH + 6000);
    expect(want(first(DOWN), { ...DOWN, message: 'm' }, at(5000)).since).toBe(EPOCH);
  });

  test('is not that of a status which the Node was never made to say', () => {
    expect(want(want(written(UP), DOWN, at(1)), UP, at(2)).since).toBe(EPOCH);
  });

  test('is that of an earlier agent, where the status is the same', () => {
    const before = { status: 'True', since: 5 };
    expect(inherit(first(UP), before).since).toBe(5);
    expect(inherit(first(DOWN), before).since).toBe(EPOCH);
    expect(inherit(first(UP), undefined).since).toBe(EPOCH);
  });
});

test('what changes while it is being written is written next', () => {
  const sent = first(UP);
  const after = said(want(sent, DOWN, at(10)), sent, 20);
  expect(after).toMatchObject({ wanted: DOWN, written: { shown: UP } });
  expect(untilSaid(after, 20, false)).toBe(CHANGE_EVERY_MS);
});

test('whatever flaps, the changes are few, and the last of them is said', () => {
  const changes = fc.array(
    fc.record({ after: fc.integer({ min: 0, max: 3000 }), shown: fc.constantFrom(UP, DOWN, { ...UP, message: 'm' }) }),
    { minLength: 1, maxLength: 200 },
  );
  fc.assert(
    fc.property(changes, (history) => {
      let now = 0;
      let saying: Saying | undefined;
      const moments: number[] = [];
      const run = (until: number): void => {
        for (; now < until; now += 250) {
          if (saying === undefined || untilSaid(saying, now, false) > 0) continue;
          saying = said(saying, saying, now);
          moments.push(now);
        }
      };
      for (const { after, shown } of history) {
        run(now + after);
        saying = want(saying, shown, at(now));
      }
      const end = now;
      run(now + REWORD_EVERY_MS);
      expect(saying?.written?.shown).toStrictEqual(history.at(-1)?.shown);
      expect(moments.length).toBeLessThanOrEqual(2 + (end + REWORD_EVERY_MS) / CHANGE_EVERY_MS);
      for (const [index, moment] of moments.slice(1).entries()) {
        expect(moment - (moments[index] ?? 0)).toBeGreaterThanOrEqual(CHANGE_EVERY_MS);
      }
    }),
  );
});
