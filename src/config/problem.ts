/** One thing that is wrong in a configuration file, with its place; lines and columns count from 1. */
export interface ConfigProblem {
  readonly line: number;
  readonly column: number;
  /** `bgp.peers[0].address`; empty for the file as a whole. */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
}

/** One line about a problem, as compilers write it: `FILE:LINE:COL path: expected ..., found ...`. */
export function formatProblem(file: string, { line, column, path, expected, found }: ConfigProblem): string {
  return `${file}:${line}:${column} ${path === '' ? '' : `${path}: `}expected ${expected}, found ${found}`;
}
