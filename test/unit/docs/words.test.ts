import { expect, test } from 'vitest';
import { PAGES } from './pages.ts';

/** Words that stand for something that has another name here (CONTRIBUTING.md, Style), with what they may stand for after all. */
const OTHERS: readonly RegExp[] = [
  /\bVIP pools?\b/i,
  /\b(helper|handler|util|utility)s?\b/i,
  /(?<!service |controller )\bmanagers?\b/i,
  // Pods, in the names of the faults.
  /(?<!\ball )\bbackends?\b/i,
  /\bremov(e|es|ed|ing) (a |the |its |all |every |our |their )*(path|prefix|announcement)/i,
];

const lines = PAGES.flatMap(({ prose }) => prose).map(
  ({ place, text }) => `${place}: ${text.replaceAll(/`[^`]*`/g, '``')}`,
);

test('the pages have one word for each thing', () => {
  expect(lines.filter((line) => OTHERS.some((word) => word.test(line)))).toStrictEqual([]);
});

test('another word would be found', () => {
  const bad = ['a VIP pool', 'a helper', 'the manager', 'a backend', 'removes the path', 'removed all prefixes'];
  expect(bad.filter((line) => !OTHERS.some((word) => word.test(line)))).toStrictEqual([]);
});
