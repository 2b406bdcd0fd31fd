import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dueAt, OVERSLEPT_MS, step, type Watch, type WatchEvent } from '../../../src/sidecar/deadman.ts';

const LIMITS = {
  crash: { deprioritiseMs: 15_000, withdrawMs: 300_000 },
  hang: { deprioritiseMs: 3000, withdrawMs: 60_000 },
};

/** What happens at which time; `a` and `b` are connections. */
type Happening = readonly [at: number, what: 'beats' | 'says goodbye' | 'ends', who: 'a' | 'b'];

const CONNECTIONS = { a: 1, b: 2 };

function eventOf([at, what, who]: Happening): WatchEvent {
  const connection = CONNECTIONS[who];
  if (what === 'beats') return { kind: 'beat', connection, at };
  return { kind: what === 'ends' ? 'closed' : 'goodbye', connection };
}

/** Beats of an agent, from one time to another. */
const beats = (who: 'a' | 'b', from: number, to: number): Happening[] =>
  Array.from({ length: Math.floor((to - from) / 100) + 1 }, (_, index) => [from + index * 100, 'beats', who]);

/** Plays what happens against a clock that is always right, until `end`; the orders with their times. */
function play(happenings: readonly Happening[], end = 1_000_000): string[] {
  const orders: string[] = [];
  let watch: Watch;
  const take = (event: WatchEvent, at: number): void => {
    const judgement = step(watch, event, LIMITS);
    watch = judgement.watch;
    if (judgement.order) orders.push(`${judgement.order} at ${at}`);
  };
  for (const [index, happening] of happenings.entries()) {
    take(eventOf(happening), happening[0]);
    const next = happenings[index + 1]?.[0] ?? end;
    for (let due = dueAt(watch, LIMITS); due !== undefined && due < next; due = dueAt(watch, LIMITS)) {
      const at = Math.max(due, happening[0]);
      take({ kind: 'due', at, late: 0 }, at);
    }
  }
  return orders;
}

const CASES: readonly (readonly [title: string, happenings: readonly Happening[], orders: readonly string[]])[] = [
  ['nobody has ever beaten: gobgpd holds nothing', [], []],
  ['an agent only connects and goes', [[0, 'ends', 'a']], []],
  ['an agent beats', beats('a', 0, 20_000), ['deprioritise at 23000', 'withdraw at 80000']],
  [
    'an agent is killed',
    [...beats('a', 0, 20_000), [20_050, 'ends', 'a']],
    ['deprioritise at 35000', 'withdraw at 320000'],
  ],
  [
    'an agent is killed and comes back inside of the grace',
    [...beats('a', 0, 20_000), [20_050, 'ends', 'a'], ...beats('b', 34_900, 60_000), [60_050, 'says goodbye', 'b']],
    [],
  ],
  [
    'an agent is killed and comes back when it is deprioritised',
    [...beats('a', 0, 20_000), [20_050, 'ends', 'a'], ...beats('b', 36_000, 60_000), [60_050, 'says goodbye', 'b']],
    ['deprioritise at 35000'],
  ],
  [
    'an agent hangs and comes to itself',
    [...beats('a', 0, 20_000), ...beats('a', 24_000, 50_000), [50_050, 'says goodbye', 'a']],
    ['deprioritise at 23000'],
  ],
  [
    'an agent pauses for less than the grace, again and again',
    [...beats('a', 0, 100), ...beats('a', 3000, 3100), ...beats('a', 6000, 6100), [6200, 'says goodbye', 'a']],
    [],
  ],
  [
    'an agent hangs and is killed then: the grace of a crash does not bring its paths back',
    [...beats('a', 0, 20_000), [24_000, 'ends', 'a']],
    ['deprioritise at 23000', 'withdraw at 320000'],
  ],
  [
    'an agent is killed before its hang is one: its last sign of life counts, not its end',
    [...beats('a', 0, 20_000), [22_900, 'ends', 'a']],
    ['deprioritise at 35000', 'withdraw at 320000'],
  ],
  [
    'an agent withdraws by itself and ends',
    [...beats('a', 0, 20_000), [20_050, 'says goodbye', 'a'], [20_060, 'ends', 'a']],
    [],
  ],
  [
    'its successor has beaten before the end of the first one is seen',
    [...beats('a', 0, 20_000), [20_050, 'beats', 'b'], [20_051, 'ends', 'a'], [20_100, 'says goodbye', 'b']],
    [],
  ],
  [
    'the goodbye of the first one is seen after its successor has beaten',
    [...beats('a', 0, 20_000), [20_050, 'beats', 'b'], [20_051, 'says goodbye', 'a'], [20_060, 'ends', 'b']],
    ['deprioritise at 35050', 'withdraw at 320050'],
  ],
  [
    'an agent crashes again and again, each time after a short life: one silence',
    [
      ...beats('a', 0, 20_000),
      [20_050, 'ends', 'a'],
      ...beats('a', 25_000, 28_000),
      [28_050, 'ends', 'a'],
      ...beats('b', 33_000, 36_000),
      [36_050, 'ends', 'b'],
    ],
    ['deprioritise at 36050', 'withdraw at 320000'],
  ],
  [
    'an agent crashes again after a life as long as the grace: a new silence',
    [...beats('a', 0, 20_000), [20_050, 'ends', 'a'], ...beats('a', 25_000, 40_000), [40_050, 'ends', 'a']],
    ['deprioritise at 55000', 'withdraw at 340000'],
  ],
  [
    'an agent hangs soon after it has come up: the graces of the crash before it hold for it as well',
    [...beats('a', 0, 20_000), [20_050, 'ends', 'a'], ...beats('a', 25_000, 26_000)],
    ['deprioritise at 35000', 'withdraw at 320000'],
  ],
  [
    'an agent that comes up pauses for longer than one that runs may',
    [
      ...beats('a', 0, 20_000),
      [20_050, 'ends', 'a'],
      [22_000, 'beats', 'b'],
      [27_000, 'beats', 'b'],
      ...beats('b', 31_000, 60_000),
      [60_050, 'says goodbye', 'b'],
    ],
    [],
  ],
  [
    'an agent hangs later on: its own last beat counts',
    [...beats('a', 0, 20_000), [20_050, 'ends', 'a'], ...beats('a', 30_000, 46_000)],
    ['deprioritise at 49000', 'withdraw at 106000'],
  ],
];

describe("the dead man's switch", () => {
  test.each(CASES)('%s', (_title, happenings, orders) => {
    expect(play(happenings)).toStrictEqual(orders);
  });

  test('with equal graces the paths are withdrawn at once', () => {
    const limits = { ...LIMITS, crash: { deprioritiseMs: 5000, withdrawMs: 5000 } };
    const { watch } = step(undefined, { kind: 'beat', connection: 1, at: 0 }, limits);
    const gone = step(watch, { kind: 'closed', connection: 1 }, limits).watch;
    expect(dueAt(gone, limits)).toBe(5000);
    expect(step(gone, { kind: 'due', at: 5000, late: 0 }, limits).order).toBe('withdraw');
  });

  test('is never due once the paths are withdrawn, nor before the first beat', () => {
    const { watch } = step(undefined, { kind: 'beat', connection: 1, at: 0 }, LIMITS);
    const withdrawn = step(watch, { kind: 'due', at: 60_000, late: 0 }, LIMITS);
    expect(withdrawn.order).toBe('withdraw');
    expect(dueAt(withdrawn.watch, LIMITS)).toBeUndefined();
    expect(dueAt(undefined, LIMITS)).toBeUndefined();
  });

  test('the end of a connection that another agent has followed on changes nothing', () => {
    const { watch } = step(undefined, { kind: 'beat', connection: 2, at: 0 }, LIMITS);
    expect(step(watch, { kind: 'closed', connection: 1 }, LIMITS)).toStrictEqual({ watch });
  });

  test('asked too early it does nothing', () => {
    const { watch } = step(undefined, { kind: 'beat', connection: 1, at: 0 }, LIMITS);
    expect(step(watch, { kind: 'due', at: 2999, late: 0 }, LIMITS)).toStrictEqual({ watch });
  });
});

describe('a watchman that was stopped himself', () => {
  const { watch } = step(undefined, { kind: 'beat', connection: 1, at: 0 }, LIMITS);
  const late = OVERSLEPT_MS + 1;

  test('counts a silence anew', () => {
    const overslept = step(watch, { kind: 'due', at: 3000 + late, late }, LIMITS);
    expect(overslept.order).toBeUndefined();
    expect(dueAt(overslept.watch, LIMITS)).toBe(6000 + late);
  });

  test('does not doubt the end of a process', () => {
    const gone = step(watch, { kind: 'closed', connection: 1 }, LIMITS).watch;
    expect(step(gone, { kind: 'due', at: 15_000 + late, late }, LIMITS).order).toBe('deprioritise');
  });
});

test('an agent that is gone for good is deprioritised, then withdrawn, whatever came before', () => {
  const happening = fc.tuple(
    fc.integer({ min: 1, max: 20_000 }),
    fc.constantFrom('beats' as const, 'ends' as const),
    fc.constantFrom('a' as const, 'b' as const),
  );
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 30 }), (steps) => {
      let at = 0;
      const past = steps.map(([after, what, who]): Happening => [(at += after), what, who]);
      const orders = play([...past, [at + 1, 'beats', 'a'], [at + 2, 'ends', 'a']], at + 400_000);
      const [deprioritised = '', withdrawn = ''] = orders.slice(-2);
      expect(withdrawn).toMatch(/^withdraw at/);
      // Overdue by earlier crashes, it may go in one step.
      expect(deprioritised === '' || /^(deprioritise|withdraw) at/.test(deprioritised)).toBe(true);
      expect(Number(withdrawn.split(' ').at(-1))).toBeLessThanOrEqual(at + 1 + LIMITS.crash.withdrawMs);
    }),
  );
});
