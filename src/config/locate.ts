import { type Document, isMap, isScalar, type LineCounter } from 'yaml';
import { type Fault, formatPath, type KeyPath, valueAt } from './fault.ts';
import type { ConfigProblem } from './problem.ts';

/** The faults of a document with their places, from its top to its bottom. */
export function inFileOrder(faults: readonly Fault[], document: Document, lines: LineCounter): ConfigProblem[] {
  return faults
    .map(({ path, expected, found, place }) => {
      const offset = (place === 'key' ? keyOffset(document, path) : undefined) ?? offsetOf(document, path);
      const { line, col } = lines.linePos(offset);
      return { line, column: col, path: formatPath(path), expected, found };
    })
    .toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** Where the value at a path begins. A missing value has no place: its nearest parent stands for it. */
function offsetOf(document: Document, path: KeyPath): number {
  const node = path.length === 0 ? document.contents : document.getIn(path, true);
  const range = valueAt(node, ['range']);
  const missing = !Array.isArray(range) || (isScalar(node) && node.source === '');
  if (!missing) return Number(range[0]);
  return keyOffset(document, path) ?? (path.length === 0 ? 0 : offsetOf(document, path.slice(0, -1)));
}

function keyOffset(document: Document, path: KeyPath): number | undefined {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === path.at(-1));
  const offset = valueAt(pair, ['key', 'range', 0]);
  return typeof offset === 'number' ? offset : undefined;
}
