import { type Document, isScalar, LineCounter, parseAllDocuments, Scalar } from 'yaml';
import { valueAt } from './fault.ts';
import type { ParsedConfig } from './parse.ts';
import type { ConfigProblem } from './problem.ts';

/**
 * Reads a configuration, or the manifest of a ConfigMap that has one below `config.yaml`, alone or among other documents. Problems
 * have their places in the text that is given, which is the manifest. Never throws.
 *
 * @param parse reads a configuration
 */
export function parseWithin(text: string, parse: (text: string) => ParsedConfig): ParsedConfig {
  const lines = new LineCounter();
  const documents: readonly Document[] = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const maps = documents.filter((document) => document.get('kind') === 'ConfigMap');
  const map = maps.find((document) => document.hasIn(KEY)) ?? maps[0];
  if (map === undefined || map.errors.length > 0) return parse(text);
  const node = map.getIn(KEY, true);
  if (!isScalar(node) || typeof node.value !== 'string') return { problems: [noText(map, lines)] };
  const parsed = parse(node.value);
  if (parsed.config) return parsed;
  const place = placeIn(text, node, node.value, lines);
  return { problems: parsed.problems.map((problem) => ({ ...problem, ...place(problem) })) };
}

const KEY = ['data', 'config.yaml'] as const;

function noText(map: Document, lines: LineCounter): ConfigProblem {
  const node = map.getIn(KEY, true) ?? map.get('data', true) ?? map.contents;
  const { col, line } = lines.linePos(Number(valueAt(node, ['range', 0]) ?? 0));
  const found = map.hasIn(KEY) ? 'something else' : 'nothing';
  return { line, column: col, path: 'data["config.yaml"]', expected: 'a text, as behind `config.yaml: |`', found };
}

type Place = Pick<ConfigProblem, 'line' | 'column'>;

/** Where a place of the text in a scalar is in the text around it. Only `|` keeps lines as they are: others stand for all in them. */
function placeIn(text: string, scalar: Scalar, value: string, lines: LineCounter): (inner: Place) => Place {
  const { col, line } = lines.linePos(scalar.range?.[0] ?? 0);
  if (scalar.type !== Scalar.BLOCK_LITERAL) return () => ({ line, column: col });
  const indent = indentOf(text.split(/\r?\n/).slice(line), value.split('\n'));
  return (inner) => ({ line: line + inner.line, column: indent + inner.column });
}

/** How much further in the lines of a text are than what is read of them. */
function indentOf(written: readonly string[], read: readonly string[]): number {
  const first = read.findIndex((line) => line !== '');
  return first === -1 ? 0 : (written[first]?.length ?? 0) - (read[first]?.length ?? 0);
}
