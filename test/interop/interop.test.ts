import { beforeAll, describe, expect, test } from 'vitest';
import { gobgpds, missingGobgpds } from '../scenario/gobgpd-binary.ts';
import { combinations, nameOf, playMatrix, type Result } from './matrix.ts';
import { isFor } from './row.ts';
import { ROWS } from './rows/rows.ts';

const CHOSEN = combinations(gobgpds());
const results: Result[] = [];

beforeAll(() => playMatrix(CHOSEN, [], (result) => results.push(result)), 600_000);

describe.each(CHOSEN.map((combination) => ({ name: nameOf(combination), combination })))('$name', ({ combination }) => {
  test.each(ROWS.filter((row) => isFor(row, combination)))('$name: $proves', ({ name }) => {
    const result = results.find((one) => one.row === name && one.combination === combination);
    expect(result).toBeDefined();
    expect(result?.outcome).toBeUndefined();
  });
});

// Without a way to the mirror, set-up goes on without a gobgpd, and so do the tests: they say so.
for (const version of missingGobgpds()) {
  test(`gobgpd ${version}`, ({ skip }) => skip(`set-up could not fetch the gobgpd ${version} of a later Debian`));
}
