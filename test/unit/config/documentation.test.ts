import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/parse.ts';
import { configReference } from '../../../src/config/reference.ts';

const read = (name: string): string => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');
const page = read('configuration.md');

test('the table says of every key of the schema what the schema says of it, and of no other', () => {
  const table = [...page.matchAll(/^\| `(.+?)` +\| (.+?) +\| (.+?) +\|$/gm)];
  const rows = table.map(([, key, fallback, meaning]) => ({ key, fallback, meaning }));
  expect(rows, 'write it anew by `npm run docs`').toStrictEqual(configReference());
});

test('every key has a meaning', () => {
  expect(configReference().filter(({ meaning }) => meaning === '')).toStrictEqual([]);
});

test('the example is a file that fairlead takes', () => {
  const [, example = ''] = /```yaml\n(.*?)```/s.exec(page) ?? [];
  expect(parseConfig(example, 'lb-1')).toHaveProperty('config');
});
