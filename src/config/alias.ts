import { type Document, type LineCounter, visit } from 'yaml';
import type { ConfigProblem } from './problem.ts';

/** The aliases of a document that have no anchor before them, each at its own place. */
export function danglingAliases(document: Document, lines: LineCounter): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document) !== undefined) return;
      const { col, line } = lines.linePos(alias.range?.[0] ?? 0);
      const name = alias.source;
      problems.push({ line, column: col, path: '', expected: `an anchor \`&${name}\` before it`, found: `*${name}` });
    },
  });
  return problems;
}
