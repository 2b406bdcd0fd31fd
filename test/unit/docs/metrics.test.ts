import { expect, test } from 'vitest';
import { PAGES } from './pages.ts';
import { readRepository } from './pages.ts';
import { promqlProblems } from './promql.ts';

/** The metrics as their own page names them, which a test of the metrics holds to the code. */
const METRICS = new Set(
  [...readRepository('docs/metrics.md').matchAll(/^\| `(fairlead_\w+)/gm)].map(([, name = '']) => name),
);

// The changelog speaks of what once was.
const mentions = PAGES.filter(({ file }) => file !== 'CHANGELOG.md').flatMap(({ blocks, inlines }) => [
  ...inlines,
  ...blocks.filter(({ info }) => info === 'promql' || info === 'yaml'),
]);
const names = mentions.flatMap(({ place, text }) =>
  [...text.matchAll(/\bfairlead_\w+\*?/g)].map(([name]) => ({ place, name })),
);

test.each(names)('$place: there is a metric $name', ({ name }) => {
  const isThere = name.endsWith('_*')
    ? [...METRICS].some((one) => one.startsWith(name.slice(0, -1)))
    : METRICS.has(name) || METRICS.has(name.replace(/_(bucket|sum|count)$/, ''));
  expect(isThere).toBe(true);
});

/** An expression, and not just a metric with the names of its labels. */
const expressions = PAGES.flatMap(({ inlines }) => inlines).filter(
  ({ text }) => text.includes('fairlead_') && /[=<>(]/.test(text),
);

test.each(expressions)('$place: Prometheus takes $text', ({ text }) => {
  expect(promqlProblems(text)).toStrictEqual([]);
});

test('there are names and expressions', () => {
  expect(names.length).toBeGreaterThan(40);
  expect(expressions.length).toBeGreaterThan(5);
});
