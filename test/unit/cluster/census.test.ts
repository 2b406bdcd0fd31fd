import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { announcersAt, AWAY_MS, look, type Sights, turnsAt } from '../../../src/cluster/census.ts';
import type { Lease } from '../../../src/cluster/lease.ts';
import type { TurnStep } from '../../../src/model/drain.ts';
import type { AnnouncementState } from '../../../src/model/status.ts';

const DURATION_MS = 15_000;

const lease = (renewTime: string, state: AnnouncementState = 'announced', seconds = 15): Lease => ({
  name: 'fairlead-lb-2',
  announcer: { node: 'lb-2', state, faults: [] },
  renewTime,
  durationMs: seconds * 1000,
});

/** Readings, each by when it was begun and the renewal it shows; every one takes 10 ms. */
const after = (...readings: readonly (readonly [asOf: number, lease: Lease | undefined])[]): Sights =>
  readings.reduce<Sights>(
    (sights, [asOf, one]) => look(sights, { asOf, until: asOf + 10, leases: one ? [one] : [] }),
    new Map(),
  );

const statesAt = (sights: Sights, now: number): string[] =>
  announcersAt(sights, now, DURATION_MS).map(({ state }) => state);

describe('one that says `announced`', () => {
  test('does not count at first sight: it may have said so days ago', () => {
    const sights = after([0, lease('a')], [3000, lease('a')]);
    expect(statesAt(sights, 3010)).toStrictEqual([]);
  });

  test('counts once it was seen renewed, from the last reading that did not show it', () => {
    const sights = after([0, lease('a')], [3000, lease('b')], [6000, lease('b')]);
    expect(statesAt(sights, 6010)).toStrictEqual(['announced']);
    expect(statesAt(sights, 14_999)).toStrictEqual(['announced']);
    expect(statesAt(sights, 15_000)).toStrictEqual([]);
  });

  test('does not count for a renewal that we slept through: who knows when it was', () => {
    const sights = after([0, lease('a')], [3000, lease('b')], [100_000, lease('c')]);
    expect(statesAt(sights, 100_010)).toStrictEqual([]);
    expect(statesAt(after([0, lease('a')], [100_000, lease('c')], [103_000, lease('d')]), 103_010)).toStrictEqual([
      'announced',
    ]);
  });

  test('is gone with the reading that does not show it, and begins anew after that', () => {
    expect(statesAt(after([0, lease('a')], [3000, lease('b')], [6000, undefined]), 6010)).toStrictEqual([]);
    const again = after([0, lease('a')], [3000, lease('b')], [6000, undefined], [9000, lease('c')]);
    expect(statesAt(again, 9010)).toStrictEqual([]);
  });

  test('counts for as long as it asks for, where that is shorter than our own duration', () => {
    const [short, long] = [5, 3600].map((seconds) =>
      after([0, lease('a')], [3000, lease('b', 'announced', seconds)]),
    ) as [Sights, Sights];
    expect(statesAt(short, 4999)).toStrictEqual(['announced']);
    expect(statesAt(short, 5000)).toStrictEqual([]);
    expect(statesAt(long, 15_000)).toStrictEqual([]);
  });

  test.each(['9999-01-01T00:00:00.000000Z', '1970-01-01T00:00:00.000000Z', 'b'])(
    'may have a renewTime of %s: another clock is not compared with ours',
    (renewTime) => {
      expect(statesAt(after([0, lease('a')], [3000, lease(renewTime)]), 3010)).toStrictEqual(['announced']);
    },
  );
});

describe.each(['deprioritised', 'withdrawn'] as const)('one that says `%s`', (state) => {
  test('counts at first sight, for one duration: its fault may be ours as well', () => {
    const sights = after([0, lease('a', state)], [3000, lease('a', state)]);
    expect(statesAt(sights, 15_009)).toStrictEqual([state]);
    expect(statesAt(sights, 15_010)).toStrictEqual([]);
  });

  test('says so with the next reading, whatever its clock says', () => {
    const sights = after([0, lease('a')], [3000, lease('b')], [3100, lease('b', state)]);
    expect(statesAt(sights, 3110)).toStrictEqual([state]);
  });
});

test('whoever counts as announcing has renewed within the duration, however readings and renewals lie', () => {
  const moments = fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 2, maxLength: 12 });
  fc.assert(
    fc.property(moments, moments, fc.nat(20_000), (renewalGaps, readingGaps, wait) => {
      const renewals = timesOf(renewalGaps);
      const readings = timesOf(readingGaps);
      const sights = after(...readings.map((at) => [at, lastBefore(renewals, at)] as const));
      const now = (readings.at(-1) ?? 0) + 10 + wait;
      const last = renewals.findLast((at) => at <= (readings.at(-1) ?? 0)) ?? Number.NEGATIVE_INFINITY;
      if (statesAt(sights, now).length > 0) expect(now - last).toBeLessThan(DURATION_MS);
    }),
  );
});

const timesOf = (gaps: readonly number[]): number[] =>
  gaps.map((_, index) => gaps.slice(0, index + 1).reduce((sum, gap) => sum + gap, 0));

function lastBefore(renewals: readonly number[], at: number): Lease | undefined {
  const last = renewals.findLast((one) => one <= at);
  return last === undefined ? undefined : lease(`${last}`);
}

const turned = (renewTime: string, step: TurnStep, seconds = 15): Lease => {
  const one = lease(renewTime, 'announced', seconds);
  return { ...one, announcer: { ...one.announcer, turn: { step, number: 7 } } };
};
const stepsAt = (sights: Sights, now: number): string[] => turnsAt(sights, now).map(({ step }) => step);

describe('the turn of another node', () => {
  test('counts at first sight, whether it announces or not', () => {
    const sights = after([0, turned('a', 'waits')]);
    expect(statesAt(sights, 10)).toStrictEqual([]);
    expect(turnsAt(sights, 10)).toStrictEqual([{ node: 'lb-2', step: 'waits', number: 7 }]);
    expect(turnsAt(after([0, lease('a')]), 10)).toStrictEqual([]);
  });

  test('ends with its Lease where it only waits, however long ours would hold', () => {
    const sights = after([0, turned('a', 'waits', 5)]);
    expect(stepsAt(sights, 5009)).toStrictEqual(['waits']);
    expect(stepsAt(sights, 5010)).toStrictEqual([]);
  });

  test.each(['claims', 'drains'] as const)(
    'counts for an hour more where it %s: it may be away for a reboot',
    (step) => {
      const sights = after([0, turned('a', step)], [3000, turned('a', step)]);
      expect(stepsAt(sights, AWAY_MS + 15_009)).toStrictEqual([step]);
      expect(stepsAt(sights, AWAY_MS + 15_010)).toStrictEqual([]);
    },
  );

  test('is gone with its Lease, and with what it says itself', () => {
    expect(stepsAt(after([0, turned('a', 'drains')], [3000, undefined]), 3010)).toStrictEqual([]);
    expect(stepsAt(after([0, turned('a', 'drains')], [3000, lease('b')]), 3010)).toStrictEqual([]);
  });
});
