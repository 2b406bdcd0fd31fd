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

const milliseconds = (ms: number | null): string => (ms === null ? '-' : `${ms} ms`);
