import { expect, test } from 'vitest';
import { PAGES } from './pages.ts';

const page = PAGES.find(({ file }) => file === 'docs/operations.md');

/** The rows below a heading of the page, each as its cells. */
const rowsOf = (first: string): readonly (readonly string[])[] =>
  page?.tables.find(({ rows }) => rows[0]?.[0] === first && rows[0]?.[1] === 'rows')?.rows.slice(2) ?? [];

const codeIn = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

test('every row of the table of faults that the page names is one, and all of them are named', () => {
  const faults = PAGES.find(({ file }) => file === 'docs/faults.md')?.tables[0]?.rows.slice(2) ?? [];
  const names = new Set(faults.flatMap(([, name]) => codeIn(name)));
  const named = new Set(rowsOf('what').flatMap(([, rows]) => codeIn(rows)));
  // Nothing is to be done about these, or they are no faults.
  const apart = new Set(
    'bad-config node-cordoned all-endpoints-gone cpu-starved clock-stepped node-drained'.split(' '),
  );
  expect([...named].toSorted()).toStrictEqual([...names].filter((name) => !apart.has(name)).toSorted());
});
