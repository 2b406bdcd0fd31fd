import { describe, expect, test } from 'vitest';
import {
  type Attempt,
  BEGINNING,
  nextReading,
  type Progress,
  stepAfter,
  withPages,
} from '../../../src/source/reflector-step.ts';

const WATCHING: Progress = { ...BEGINNING, resourceVersion: '7' };
/** A random number that makes the jitter one. */
const EVEN = 0.5;

const ended = (livedMs: number, delivered = true, spoke = true): Attempt => ({
  result: { kind: 'ended' },
  delivered,
  spoke,
  livedMs,
});
const lost = (livedMs: number, delivered = false, retryAfterMs = 0, certain = false): Attempt => ({
  result: { kind: 'lost', reason: 'reset', retryAfterMs, certain },
  delivered,
  spoke: true,
  livedMs,
});
const expired = (livedMs = 0): Attempt => ({
  result: { kind: 'expired', reason: 'too old' },
  delivered: false,
  spoke: true,
  livedMs,
});

/** The delays and problems of one attempt after the other. */
function course(attempts: readonly Attempt[], random = EVEN) {
  let progress = WATCHING;
  return attempts.map((attempt) => {
    const step = stepAfter(progress, attempt, random);
    progress = step.progress;
    return [step.delayMs, step.problem];
  });
}

describe('a stream that ends', () => {
  test('after a good while is taken up at once, from where it was', () => {
    expect(stepAfter(WATCHING, ended(300_000), EVEN)).toStrictEqual({
      progress: WATCHING,
      delayMs: 0,
      problem: undefined,
    });
  });

  test('at once, again and again, is not taken up in a hot loop', () => {
    const delays = course([ended(0, false), ended(0, false), ended(0, false)]).map(([delay]) => delay);
    expect(delays).toStrictEqual([800, 1600, 3200]);
  });

  test('soon after it delivered something is taken up after the first delay', () => {
    expect(course([ended(10), ended(10)])).toStrictEqual([
      [800, undefined],
      [800, undefined],
    ]);
  });
});

const after = (...attempts: Attempt[]): Progress =>
  attempts.reduce((progress, attempt) => stepAfter(progress, attempt, EVEN).progress, WATCHING);

describe('streams that say nothing', () => {
  test('are resumed for three minutes, and then everything is read anew', () => {
    const silent = ended(95_000, true, false);
    expect(after(silent)).toMatchObject({ resourceVersion: '7', wordlessMs: 95_000 });
    expect(after(silent, silent)).toMatchObject({ resourceVersion: undefined, wordlessMs: 0 });
  });

  test('are no longer counted once one has spoken, and not at all while there is none', () => {
    const silent = lost(95_000);
    expect(after({ ...silent, spoke: false }, ended(10), { ...silent, spoke: false })).toMatchObject({
      resourceVersion: '7',
      wordlessMs: 95_000,
    });
    expect(after(...Array.from({ length: 50 }, () => ({ ...lost(0), spoke: false })))).toMatchObject({
      resourceVersion: '7',
    });
  });
});

describe('a stream that breaks', () => {
  test('is no problem the first time, if it had worked', () => {
    expect(course([lost(60_000)])).toStrictEqual([[800, undefined]]);
    expect(course([lost(10, true)])).toStrictEqual([[800, undefined]]);
  });

  test('is a problem at once where the server is known to answer nothing else', () => {
    expect(course([lost(60_000, true, 0, true)])).toStrictEqual([[800, 'reset']]);
  });

  test('becomes a problem with the next failure, and the delays double up to half a minute', () => {
    const steps = course([lost(60_000, true), ...Array.from({ length: 8 }, () => lost(0))]);
    expect(steps.map(([delay]) => delay)).toStrictEqual([
      800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000, 30_000,
    ]);
    expect(steps.map(([, problem]) => problem)).toStrictEqual([undefined, ...Array<string>(8).fill('reset')]);
  });

  test('that never was is a problem at once', () => {
    expect(stepAfter(BEGINNING, lost(0), EVEN).problem).toBe('reset');
  });

  test('goes on from where it was', () => {
    expect(stepAfter(WATCHING, lost(0), EVEN).progress.resourceVersion).toBe('7');
  });

  test('is spread over time by the jitter, so that a fleet does not come back at one moment', () => {
    expect(course([lost(0)], 0)[0]?.[0]).toBe(400);
    expect(course([lost(0)], 1)[0]?.[0]).toBe(1200);
  });

  test('waits for as long as the server asks, within reason', () => {
    expect(course([lost(0, false, 5000)])[0]?.[0]).toBe(5000);
    expect(course([lost(0, false, 9_000_000)])[0]?.[0]).toBe(120_000);
  });
});

describe('a version that is too old', () => {
  test('calls for a list at once, also after a long outage', () => {
    const outage = Array.from({ length: 9 }, () => lost(0));
    expect(course([...outage, expired()]).at(-1)).toStrictEqual([0, undefined]);
    expect(stepAfter(WATCHING, expired(), EVEN).progress.resourceVersion).toBeUndefined();
  });

  test('again and again calls for lists further and further apart, whatever else fails in between', () => {
    const steps = course([expired(), expired(), lost(0), expired(), expired()]);
    expect(steps.map(([delay]) => delay)).toStrictEqual([0, 800, 800, 1600, 3200]);
    expect(steps[1]?.[1]).toBe('too old');
  });

  test('after a watch that had lasted is like the first one', () => {
    expect(course([expired(), expired(), expired(60_000)]).at(-1)).toStrictEqual([0, undefined]);
  });
});

describe('what is asked for next', () => {
  test('is the watch, wherever there is a version to go on from', () => {
    expect(nextReading(withPages({ ...WATCHING, failures: 3 }, 0), 1)).toBe('watch');
  });

  test('is a watch-list at first, also after it was interrupted', () => {
    expect([0, 1, 2].map((failures) => nextReading({ ...BEGINNING, failures }, 5))).toStrictEqual(
      Array<string>(3).fill('watch-list'),
    );
  });

  test('is pages for ten minutes after a watch-list that failed for what it is, and then a watch-list again', () => {
    const progress = withPages(BEGINNING, 5000);
    expect([5000, 604_999, 605_000].map((now) => nextReading(progress, now))).toStrictEqual([
      'pages',
      'pages',
      'watch-list',
    ]);
  });

  test('is either of them in turn, where one attempt after the other comes to nothing', () => {
    expect([3, 4, 5, 6].map((failures) => nextReading({ ...BEGINNING, failures }, 5))).toStrictEqual([
      'pages',
      'watch-list',
      'pages',
      'watch-list',
    ]);
  });
});
