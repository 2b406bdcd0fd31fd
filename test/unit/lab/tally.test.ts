import { describe, expect, test } from 'vitest';
import {
  type FileTally,
  filesToReplay,
  replayed,
  replayLines,
  sumOf,
  type Tally,
  together,
} from '../../../lab/tally.ts';

const good: FileTally = { file: 'a', project: 'unit', passed: 3, skipped: 1, failed: [], skips: ['a: x (why)'] };
const bad = (file: string, project = 'kernel'): FileTally => ({ ...good, file, project, passed: 2, failed: ['late'] });
const run = (...files: readonly FileTally[]): Tally => ({ files, errors: 0 });

describe('a second play', () => {
  test.each([
    ['nothing fails', run(good), []],
    ['one file with a real kernel', run(good, bad('k')), ['k']],
    ['two of them', run(bad('k'), bad('f', 'fault')), ['k', 'f']],
    ['three are no chance', run(bad('k'), bad('f'), bad('g')), []],
    ['a unit test is no chance', run(bad('u', 'unit')), []],
    ['nor is it beside another one', run(bad('u', 'unit'), bad('k')), []],
    ['an error outside of all tests', { ...run(bad('k')), errors: 1 }, []],
  ])('%s', (_title, tally, files) => {
    expect(filesToReplay(tally)).toEqual(files);
  });

  test('counts whole, and in the place of the first', () => {
    const sum = sumOf(replayed(run(good, bad('k')), run({ ...bad('k'), passed: 3, failed: [] })));
    expect(sum).toEqual({ passed: 6, failed: 0, skipped: 2 });
  });

  test('that fails is a failure, and so is an error in it', () => {
    expect(sumOf(replayed(run(bad('k')), run(bad('k')))).failed).toBe(1);
    expect(sumOf(replayed(run(bad('k')), { files: [], errors: 1 })).failed).toBe(2);
  });

  test('is told, test by test', () => {
    const first = run({ ...bad('k'), failed: ['late', 'lost'] });
    expect(replayLines(first, run({ ...bad('k'), failed: ['lost'] }))).toEqual([
      'played twice: k: late failed, then passed',
      'played twice: k: lost failed, then failed again',
    ]);
  });
});

test('runs side by side count as one, and share what may fail by chance', () => {
  const both = together([run(bad('k')), { ...run(bad('s', 'scenario'), good), errors: 1 }]);
  expect(sumOf(both)).toEqual({ passed: 7, failed: 3, skipped: 3 });
  expect(filesToReplay(together([run(bad('k')), run(bad('s', 'scenario'), good)]))).toEqual(['k', 's']);
  expect(filesToReplay(both)).toEqual([]);
});
