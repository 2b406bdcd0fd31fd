import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CONDITIONS, PHASES } from '../../src/model/condition.ts';
import { ERROR_CODES } from '../../src/model/error.ts';
import { SKIP_REASONS } from '../../src/model/snapshot.ts';

const ROOT = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/conditions.md', ROOT), 'utf8');

/** The text below each `### code`, by the `## section` it stands in. */
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), entriesOf(section)]),
);

function entriesOf(section: string): Map<string, string> {
  const entries = section.split(/^### /m).slice(1);
  return new Map(
    entries.map((entry) => [entry.slice(0, entry.indexOf('\n')), entry.slice(entry.indexOf('\n')).trim()]),
  );
}

const codesIn = (section: string): string[] => [...(sections.get(section)?.keys() ?? [])];
const conditionsThat = (effect: string): string[] =>
  Object.entries(CONDITIONS).flatMap(([code, kind]) => (kind.effect === effect ? [code] : []));

test.each([
  ['Conditions that withdraw at once', conditionsThat('withdraws-at-once')],
  ['Conditions that withdraw', conditionsThat('withdraws')],
  ['Conditions that deprioritise', conditionsThat('deprioritises')],
  ['Conditions that only report', conditionsThat('reports')],
  ['Phases', Object.keys(PHASES)],
  ['Reasons for leaving something out', [...SKIP_REASONS]],
  ['Error codes', [...ERROR_CODES]],
])('the section "%s" has a heading for each code in the order of the code, and no other', (section, codes) => {
  expect(codesIn(section)).toStrictEqual(codes);
});

test('there are no other sections, and no code stands for two things', () => {
  expect([...sections.keys()]).toHaveLength(7);
  const codes = [...sections.keys()].flatMap(codesIn);
  expect(codes).toHaveLength(new Set(codes).size);
});

const entry = (code: string): string => [...sections.values()].flatMap((codes) => codes.get(code) ?? []).join();

describe('the page says of a condition what the code says', () => {
  test.each(Object.entries(CONDITIONS))('%s', (code, { title, effect, hint }) => {
    const [first, ...lines] = entry(code).split('\n');
    expect(first).toBe(title);
    expect(lines).toContain(`- Effect: ${effect}`);
    expect(lines).toContain(`- Look at: ${hint}`);
  });
});

test.each(Object.entries(PHASES))('the page says of the phase %s what the code says', (code, meaning) => {
  expect(entry(code).split('\n')[0]).toBe(meaning);
});

test.each([...sections.values()].flatMap((codes) => [...codes]))(
  'of %s the page says the effect, what to look at and what the agent does',
  (code, text) => {
    for (const part of ['Effect', 'Look at', 'The agent']) expect(text).toMatch(new RegExp(`^- ${part}: \\S`, 'm'));
    const meaning = code in CONDITIONS || code in PHASES ? /^\w/ : /^- Meaning: \S/;
    expect(text).toMatch(meaning);
  },
);

test('every error code and every reason is given out somewhere', () => {
  const sources = globSync('src/**/*.ts', { cwd: ROOT }).filter((file) => !file.startsWith('src/model/error'));
  const text = sources.map((file) => readFileSync(new URL(file, ROOT), 'utf8')).join('\n');
  const uses = (code: string): number => text.split(`'${code}'`).length - 1;
  expect(ERROR_CODES.filter((code) => uses(code) === 0)).toStrictEqual([]);
  // Once in the list of reasons itself.
  expect(SKIP_REASONS.filter((code) => uses(code) < 2)).toStrictEqual([]);
});
