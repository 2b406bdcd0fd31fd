import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CHECKS } from '../../../src/doctor/finding.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/doctor.md'), 'utf8');

test('docs/doctor.md has a row for each check, with what it may come to', () => {
  const rows = [...page.matchAll(/^\| `([^`]+)` +\| ([a-z, ]+?) +\| [^|]+\| [^|]+\|$/gm)].map(
    ([, name = '', severities = '']) => [name.replace(/: \.\.\.$/, ''), severities.split(', ')],
  );
  expect(Object.fromEntries(rows)).toStrictEqual(CHECKS);
  expect(rows).toHaveLength(Object.keys(CHECKS).length);
});
