import { tableLines } from '../../src/cli/table.ts';
import type { RowResult } from './row.ts';

/** The results as a table for people. */
export function renderRows(results: readonly RowResult[]): string {
  const head = ['FAILURE', 'SWITCH', 'MEASURED', 'BOUND', 'DETECTED', 'BACK', 'REQUESTS', 'FAILED', 'LOST', 'OK'];
  const rows = results.map((result) => [
    result.name,
    result.switch,
    `${milliseconds(result.measuredMs)} ${result.measures}`,
    milliseconds(result.boundMs),
    milliseconds(result.detectedMs),
    milliseconds(result.backMs),
    String(result.requests),
    String(result.failed),
    String(result.lostConnections),
    result.ok ? 'yes' : 'NO',
  ]);
  const notes = results.flatMap(({ name, notes: said, switch: tor }) =>
    said.map((note) => `${name} (${tor}): ${note}`),
  );
  return `${[...tableLines(head, rows), ...notes].join('\n')}\n`;
}

/** The same as a table of Markdown, a row for each failure: what docs/faults.md holds. */
export function renderMarkdown(results: readonly RowResult[]): string {
  const head = ['failure', 'row', 'switch', 'bound', 'measured', 'back', 'requests failed', 'connections lost'];
  const rows = results.map((result) => [
    result.title,
    `\`${result.name}\``,
    result.switch === 'frr' ? 'FRR' : 'BIRD',
    `${result.measures}: ${milliseconds(result.boundMs)}`,
    `${milliseconds(result.measuredMs)}${result.ok ? '' : ' (not ok)'}`,
    milliseconds(result.backMs),
    `${result.failed} of ${result.requests}`,
    String(result.lostConnections),
  ]);
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

const milliseconds = (ms: number | null): string => (ms === null ? '-' : `${ms} ms`);
