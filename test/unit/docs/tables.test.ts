import { expect, test } from 'vitest';
import { PAGES } from './pages.ts';

const tables = PAGES.flatMap((page) => page.tables);

test.each(tables)('the table in $place has as many cells in each row as in its first', ({ rows }) => {
  const [head = [], rule = []] = rows;
  expect(rule.every((cell) => /^:?-+:?$/.test(cell))).toBe(true);
  expect(rows.filter((row) => row.length !== head.length)).toStrictEqual([]);
});

test('there are tables', () => {
  expect(tables.length).toBeGreaterThan(30);
});
