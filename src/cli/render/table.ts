import { paint, type Screen, type Style } from './screen.ts';
import { clean, wrapped } from './text.ts';

export interface Column {
  readonly title: string;
  /** For numbers. */
  readonly right?: true;
}

/** A cell, with what it is painted in. */
export type Cell = string | readonly [text: string, style: Style | undefined];

const INDENT = 2;
const GAP = '  ';

/** A titled table; nothing at all without rows. Below the title come the lines of `below`, as they are. */
export function section(screen: Screen, title: string, columns: readonly Column[], rows: readonly (readonly Cell[])[]) {
  return rows.length === 0 ? [] : [paint(screen, 'bold', title), ...tableOf(screen, columns, rows)];
}

/** The lines of a table, indented. Where it is too wide, its widest columns are narrowed and their cells go over several lines. */
function tableOf(screen: Screen, columns: readonly Column[], rows: readonly (readonly Cell[])[]): string[] {
  const head = columns.map(({ title }): Cell => [title, 'dim']);
  const all = [head, ...rows];
  const room = fitted(
    columns.map((_, index) => Math.max(...all.map((row) => clean(textOf(row[index])).length))),
    screen.width - INDENT - GAP.length * (columns.length - 1),
  );
  // Broken between words, a cell may need less than its column has.
  const widths = room.map((width, index) =>
    Math.max(...all.flatMap((row) => wrapped(textOf(row[index]), width)).map((line) => line.length)),
  );
  return all.flatMap((row) => linesOf(screen, columns, widths, row));
}

const textOf = (cell: Cell | undefined): string => (typeof cell === 'object' ? cell[0] : (cell ?? ''));

function fitted(natural: readonly number[], room: number): number[] {
  const widths = [...natural];
  for (let over = widths.reduce((sum, width) => sum + width, 0) - room; over > 0; over--) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = Math.max(1, (widths[widest] ?? 1) - 1);
  }
  return widths;
}

function linesOf(
  screen: Screen,
  columns: readonly Column[],
  widths: readonly number[],
  row: readonly Cell[],
): string[] {
  const cells = columns.map((_, index) => wrapped(textOf(row[index]), widths[index] ?? 1));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) => {
    const last = cells.findLastIndex((lines) => (lines[line] ?? '') !== '');
    const shown = columns.slice(0, last + 1).map((column, index) => {
      const text = cells[index]?.[line] ?? '';
      const space = ' '.repeat((widths[index] ?? 0) - text.length);
      const style = typeof row[index] === 'object' ? row[index][1] : undefined;
      const painted = text === '' ? '' : paint(screen, style, text);
      return column.right ? `${space}${painted}` : index === last ? painted : `${painted}${space}`;
    });
    return `${' '.repeat(INDENT)}${shown.join(GAP)}`;
  });
}
