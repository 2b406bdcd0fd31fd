import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CHECKOUT } from '../../../lab/machine/place.ts';
import { ROWS } from '../../fault/rows/rows.ts';

test('docs/faults.md has every row with each switch and its bound, and nothing that is not ok', () => {
  const text = readFileSync(join(CHECKOUT, 'docs/faults.md'), 'utf8');
  const rows = text
    .split('\n')
    .filter((line) => line.startsWith('| ') && line.includes('`'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, title, name, tor, bound]) => [title, name, tor, bound]);
  const wanted = ['FRR', 'BIRD'].flatMap((tor) =>
    ROWS.filter(({ switches }) => switches.includes(tor === 'FRR' ? 'frr' : 'bird')).map((row) => [
      row.title,
      `\`${row.name}\``,
      tor,
      `${row.measures}: ${row.boundMs} ms`,
    ]),
  );
  expect(rows).toEqual(wanted);
  expect(text).not.toContain('not ok)');
});
