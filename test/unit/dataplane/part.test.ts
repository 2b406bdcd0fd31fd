import { describe, expect, test } from 'vitest';
import { attempt, ensurePart, inTurn, joined, NOTHING_TO_DO, type PartReport } from '../../../src/dataplane/part.ts';
import { FairleadError } from '../../../src/model/error.ts';

/** A part that wants some names to be there, in a place that refuses some of them. */
function ensure(wanted: readonly string[], place: Set<string>, refuses: readonly string[] = []) {
  let reads = 0;
  const report = ensurePart({
    plan: () => {
      reads += 1;
      return wanted.filter((name) => !place.has(name));
    },
    apply: (names) => {
      for (const name of names) if (!refuses.includes(name)) place.add(name);
      return names.filter((name) => refuses.includes(name)).map((name) => `${name}: EPERM`);
    },
    format: (name) => `add ${name}`,
  });
  return report.then((found) => ({ ...found, reads }));
}

test('where all is in place, it is read once and nothing is done', async () => {
  expect(await ensure(['a'], new Set(['a']))).toStrictEqual({ ...NOTHING_TO_DO, reads: 1 });
});

test('what was missing is a change and, once it reads back, no problem', async () => {
  expect(await ensure(['a', 'b'], new Set(['a']))).toStrictEqual({ changes: ['add b'], problems: [], reads: 2 });
});

test('what is refused and still missing is a problem that tells both', async () => {
  expect(await ensure(['a', 'b'], new Set(), ['b'])).toStrictEqual({
    changes: ['add a', 'add b'],
    problems: ['b: EPERM', 'still to do: add b'],
    reads: 2,
  });
});

test('a refusal is no problem where the place turns out right all the same', async () => {
  const place = new Set<string>();
  const report = await ensurePart({
    plan: () => (place.has('a') ? [] : ['a']),
    apply: () => {
      place.add('a');
      return ['a: EEXIST'];
    },
    format: (name) => name,
  });
  expect(report).toStrictEqual({ changes: ['a'], problems: [] });
});

test('a kernel that says yes and does nothing is found out', async () => {
  const report = await ensurePart({ plan: () => ['a'], apply: () => [], format: (name) => name });
  expect(report.problems).toStrictEqual(['still to do: a']);
});

const throwing =
  (error: Error): (() => Promise<PartReport>) =>
  async () => {
    throw error;
  };
const WRONG: PartReport = { changes: [], problems: ['EPERM'] };

describe('a step that throws', () => {
  const lack = Object.assign(new Error('spawn nft'), { code: 'EMFILE' });

  test.each([
    ['a refusal of the kernel', new FairleadError('netlink-failed', 'EPERM'), { problems: ['EPERM'] }],
    [
      'a program that failed',
      new FairleadError('command-failed', 'nft: exit code 1'),
      { problems: ['nft: exit code 1'] },
    ],
    ['a program that cannot be run', new FairleadError('command-not-run', 'nft: ENOENT'), { unknown: ['nft: ENOENT'] }],
    ['no descriptor to be had', lack, { unknown: ['spawn nft'] }],
    ['the same below another error', new Error('reading', { cause: lack }), { unknown: ['reading: spawn nft'] }],
  ])('with %s', async (_, error, report) => {
    expect(await attempt(throwing(error))).toEqual({ ...NOTHING_TO_DO, ...report });
  });

  test('stops no other, and what is not known stands beside what is wrong', async () => {
    expect(await inTurn([throwing(lack), async () => WRONG])).toEqual({
      changes: [],
      problems: ['EPERM'],
      unknown: ['spawn nft'],
    });
    expect(joined(NOTHING_TO_DO, NOTHING_TO_DO)).toEqual(NOTHING_TO_DO);
  });
});
