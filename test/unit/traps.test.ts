import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

const rows = readFileSync(join(ROOT, 'docs/traps.md'), 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter(([, row = '']) => /^[NG]?\d/.test(row))
  .map(([, row = '', trap = '', file = '', name = '']) => ({ row, trap, file: file.replaceAll('`', ''), name }));

test.each(rows)('$row $trap: the test is where docs/traps.md says', ({ file, name }) => {
  const path = join(ROOT, 'test/kernel', file);
  expect(existsSync(path), path).toBe(true);
  expect(readFileSync(path, 'utf8')).toContain(name);
});
