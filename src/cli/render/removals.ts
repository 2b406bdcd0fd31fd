import type { Removal } from '../../dataplane/remove.ts';
import { tableLines } from '../table.ts';

/** What a cleanup did, as text for people: one line for each change, and what is left to do below. */
export function renderRemovals(removals: readonly Removal[]): string {
  const done = removals.flatMap(({ changes, part }) => changes.map((change) => [part, change]));
  const undone = removals.flatMap(({ part, problems }) => problems.map((problem) => [part, problem]));
  if (done.length + undone.length === 0) return 'nothing to remove\n';
  const sections = [titled('Done', ['PART', 'CHANGE'], done), titled('Failed', ['PART', 'PROBLEM'], undone)];
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`;
}

/** A titled table; nothing at all without rows. */
function titled(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  return [title, ...tableLines(head, rows).map((line) => `  ${line}`)].join('\n');
}
