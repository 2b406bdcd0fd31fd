import { tableLines } from '../../src/cli/table.ts';
import { type Combination, nameOf, type Result } from './matrix.ts';
import { isFor, type Row } from './row.ts';

/** A mark for each cell, and what the marks that are numbers stand for. */
interface Cells {
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

/** `ok`, `-` where a row says nothing of a combination, or the number of a note with what was seen. */
function cellsOf(rows: readonly Row[], combinations: readonly Combination[], results: readonly Result[]): Cells {
  const notes: string[] = [];
  const cellOf = (row: Row, combination: Combination): string => {
    const result = results.find((one) => one.row === row.name && one.combination === combination);
    if (!isFor(row, combination)) return '-';
    if (result === undefined) return '?';
    if (result.outcome === undefined) return 'ok';
    notes.push(`${row.name}, ${nameOf(combination)}: ${result.outcome}`);
    return `NO (${notes.length})`;
  };
  const cells = rows.map((row) => combinations.map((combination) => cellOf(row, combination)));
  return { rows: cells, notes: notes.map((note, index) => `(${index + 1}) ${note}`) };
}

const SWITCH_NAMES = { frr: 'FRR', bird: 'BIRD' } as const;
const FAMILY_NAMES = { ipv4: 'v4', ipv6: 'v6' } as const;

/** The version stands over the first of its columns. */
function headsOf(combinations: readonly Combination[]): [string[], string[]] {
  const versions = combinations.map(({ version }) => version);
  return [
    versions.map((version, index) => (versions[index - 1] === version ? '' : version)),
    combinations.map(({ family, switch: kind }) => `${SWITCH_NAMES[kind]} ${FAMILY_NAMES[family]}`),
  ];
}

/** The matrix as a table for people: a row for each property, a column for each combination. */
export function renderMatrix(
  rows: readonly Row[],
  combinations: readonly Combination[],
  results: readonly Result[],
): string {
  const cells = cellsOf(rows, combinations, results);
  const [versions, columns] = headsOf(combinations);
  const body = rows.map(({ name }, index) => [name, ...(cells.rows[index] ?? [])]);
  const table = tableLines(['GOBGPD', ...versions], [['PROPERTY', ...columns], ...body]);
  return `${[...table, ...cells.notes].join('\n')}\n`;
}

/** The same as a table of Markdown, with what each row proves: what docs/interop.md holds. */
export function renderMarkdown(
  rows: readonly Row[],
  combinations: readonly Combination[],
  results: readonly Result[],
): string {
  const cells = cellsOf(rows, combinations, results);
  const [, columns] = headsOf(combinations);
  const head = ['row', 'proves', ...columns.map((column, index) => `${combinations[index]?.version} ${column}`)];
  const body = rows.map(({ name, proves }, index) => [`\`${name}\``, proves, ...(cells.rows[index] ?? [])]);
  const table = [head, head.map(() => '---'), ...body].map((line) => `| ${line.join(' | ')} |\n`).join('');
  return cells.notes.length === 0 ? table : `${table}\n${cells.notes.join('\n')}\n`;
}
