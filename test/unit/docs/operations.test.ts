import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { PAGES, readRepository } from './pages.ts';

const page = PAGES.find(({ file }) => file === 'docs/operations.md');

/** The rows of the table with these heads, each as its cells. */
const rowsBelow = (...heads: readonly string[]): readonly (readonly string[])[] =>
  page?.tables.find(({ rows: [first] }) => heads.every((head, index) => first?.[index] === head))?.rows.slice(2) ?? [];

const codeIn = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

test('every row of the table of faults that the page names is one, and all of them are named', () => {
  const faults = PAGES.find(({ file }) => file === 'docs/faults.md')?.tables[0]?.rows.slice(2) ?? [];
  const names = new Set(faults.flatMap(([, name]) => codeIn(name)));
  const named = new Set(rowsBelow('what', 'rows').flatMap(([, rows]) => codeIn(rows)));
  // Nothing is to be done about these, or they are no faults.
  const apart = new Set(
    'bad-config node-cordoned all-endpoints-gone cpu-starved clock-stepped node-drained'.split(' '),
  );
  expect([...named].toSorted()).toStrictEqual([...names].filter((name) => !apart.has(name)).toSorted());
});

interface Alerts {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string }[] }[];
}

test('of every alert the page says what to do, and of no other', () => {
  const { groups } = parse(readRepository('deploy/prometheus/alerts.yaml')) as Alerts;
  const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
  expect(rowsBelow('alert', 'do').flatMap(([names]) => codeIn(names))).toHaveLength(alerts.length);
  expect(new Set(rowsBelow('alert', 'do').flatMap(([names]) => codeIn(names)))).toStrictEqual(new Set(alerts));
});
