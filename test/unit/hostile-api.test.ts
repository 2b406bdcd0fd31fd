import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BEHAVIOURS } from '../scenario/hostile-behaviours.ts';

const ROOT = join(import.meta.dirname, '../..');

const rows = readFileSync(join(ROOT, 'docs/hostile-api.md'), 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, , , file = '']) => file.startsWith('`'))
  .map(([, behaviour = '', , file = '', name = '']) => ({ behaviour, file: file.replaceAll('`', ''), name }));

test.each(rows)('$behaviour: the test is where docs/hostile-api.md says', ({ file, name }) => {
  const path = join(ROOT, 'test/scenario', file);
  expect(existsSync(path), path).toBe(true);
  expect(readFileSync(path, 'utf8')).toContain(name);
});

test('docs/hostile-api.md has a row for every behaviour that is played', () => {
  const names = new Set(rows.map(({ name }) => name));
  expect(Object.keys(BEHAVIOURS).filter((name) => !names.has(name))).toStrictEqual([]);
});
