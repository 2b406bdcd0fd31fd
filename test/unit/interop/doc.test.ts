import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CHECKOUT } from '../../../lab/machine/place.ts';
import { FAMILIES } from '../../../src/model/address.ts';
import { SWITCHES } from '../../interop/matrix.ts';
import { isFor } from '../../interop/row.ts';
import { ROWS } from '../../interop/rows/rows.ts';

/** The cells of the table of docs/interop.md, its head first. */
function documented(): string[][] {
  const lines = readFileSync(join(CHECKOUT, 'docs/interop.md'), 'utf8').split('\n');
  return lines
    .filter((line) => line.startsWith('| row') || line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

test('docs/interop.md has every row with what it proves, ok with all it says anything of', () => {
  const [head = [], ...rows] = documented();
  const columns = head.slice(2).map((title) => {
    const [version = '', tor, family] = title.split(' ');
    const api = version.startsWith('3.') ? ('v3' as const) : ('v4' as const);
    return {
      api,
      switch: tor === 'FRR' ? ('frr' as const) : ('bird' as const),
      family: `ip${family}` as 'ipv4' | 'ipv6',
    };
  });
  expect(columns).toHaveLength(3 * SWITCHES.length * FAMILIES.length);
  const wanted = ROWS.map((row) => [
    `\`${row.name}\``,
    row.proves,
    ...columns.map((column) => (isFor(row, column) ? 'ok' : '-')),
  ]);
  expect(rows).toEqual(wanted);
});
