import { describe, expect, test } from 'vitest';
import { dropsIn, type Headroom, judgeHeadroom } from '../../../src/health/headroom.ts';

const looks = (...all: [percent: number, drops: number][]): boolean[] => {
  const seen: boolean[] = [];
  let before: Headroom | undefined;
  for (const [percent, drops] of all) {
    before = judgeHeadroom({ count: percent * 10, max: 1000, drops }, before);
    seen.push(before.full);
  }
  return seen;
};

describe('a table is full', () => {
  test.each<[what: string, looks: [number, number][], full: boolean[]]>([
    [
      'at 95 % and above',
      [
        [94, 0],
        [95, 0],
        [100, 0],
      ],
      [false, true, true],
    ],
    [
      'until it falls below 85 %',
      [
        [96, 0],
        [90, 0],
        [85, 0],
        [84, 0],
        [90, 0],
      ],
      [true, true, true, false, false],
    ],
    [
      'while packets are dropped from 85 % on',
      [
        [86, 7],
        [86, 8],
      ],
      [false, true],
    ],
    [
      'for no drop of a table with room',
      [
        [20, 7],
        [20, 900],
      ],
      [false, false],
    ],
    ['for no drop from before the agent came', [[90, 1_000_000]], [false]],
  ])('%s', (_, all, full) => {
    expect(looks(...all)).toEqual(full);
  });

  test('never without a limit', () => {
    expect(judgeHeadroom({ count: 1e6, max: 0, drops: 0 }, undefined)).toMatchObject({ full: false, ok: true });
  });
});

test('it says what it found', () => {
  const { detail, ok } = judgeHeadroom({ count: 990, max: 1000, drops: 12 }, { full: false, drops: 2 });
  expect({ detail, ok }).toEqual({ ok: false, detail: '990 of 1000 entries, 10 packets dropped' });
});

describe('the drops of all processors are summed up', () => {
  test.each([
    [
      'as Linux 6.1 prints them',
      'entries  clashres found new drop early_drop\n00000010  0 0 0 0000000a 00000001\n00000010  0 0 0 00000010 0\n',
      26,
    ],
    ['where there is no such column', 'entries found\n00000010 00000001\n', 0],
    ['where there is nothing', '', 0],
  ])('%s', (_, text, drops) => {
    expect(dropsIn(text)).toBe(drops);
  });
});
