import { describe, expect, test } from 'vitest';
import { Contests } from '../../../src/dataplane/ipvs/contest.ts';

/** What is answered when somebody's change of one thing is found at these seconds. */
function answers(...seconds: number[]): string {
  const contests = new Contests();
  return seconds.map((at) => (contests.mayRepair('web', at * 1000) ? 'y' : 'n')).join('');
}

describe('whether what somebody changed is put right', () => {
  test.each<[string, number[], string]>([
    ['once', [0], 'y'],
    ['five times at once', [0, 0, 0, 0, 0], 'yyyyy'],
    ['the sixth time within 30 s', [0, 1, 2, 3, 4, 5], 'yyyyyn'],
    ['every 7 s: never more than five in 30 s', [0, 7, 14, 21, 28, 35, 42, 49], 'yyyyyyyy'],
    ['every 5 s', [0, 5, 10, 15, 20, 25], 'yyyyyn'],
    ['as long as it is contested', [0, 1, 2, 3, 4, 5, 20, 40, 64.9], 'yyyyynnnn'],
    ['once more after a minute, and again after another', [0, 1, 2, 3, 4, 5, 65, 66, 124, 125, 126], 'yyyyynynnyn'],
  ])('%s', (_, seconds, expected) => {
    expect(answers(...seconds)).toBe(expected);
  });
});

/** What is contested at a time, when somebody's change was found at others; in seconds. */
const after = (at: number, ...found: number[]) => {
  const contests = new Contests();
  for (const time of found) contests.mayRepair('web', time * 1000);
  contests.mayRepair('other', 0);
  return contests.contested(at * 1000);
};

describe('what is contested', () => {
  test.each<[string, number, number[], string[]]>([
    ['nothing that was repaired five times', 4, [0, 1, 2, 3, 4], []],
    ['what was left alone', 5, [0, 1, 2, 3, 4, 5], ['web']],
    ['as long as it is found different', 123, [0, 1, 2, 3, 4, 5, 64], ['web']],
    ['not any more after a minute without a finding', 125, [0, 1, 2, 3, 4, 5, 65], []],
    ['what was tried once more, until that has stood for a minute', 124.9, [0, 1, 2, 3, 4, 5, 65], ['web']],
  ])('%s', (_, at, found, expected) => {
    expect(after(at, ...found)).toEqual(expected);
  });

  test('has no history once it was quiet', () => {
    const contests = new Contests();
    for (let time = 0; time < 6; time++) contests.mayRepair('web', time);
    contests.contested(60_005);
    expect(contests.isContested('web')).toBe(false);
    expect(contests.mayRepair('web', 60_006)).toBe(true);
  });
});
