import { tableLines } from '../../../src/cli/table.ts';
import { FIGURES, type SwitchReport } from './report.ts';

/** The figures as a table of at most 100 columns. */
export function renderSwitch({ machine, results }: SwitchReport): string {
  const rows = results.flatMap((result) =>
    FIGURES.map((name, index) => {
      const { max, p50, p95, rounds } = result[name];
      const place = index === 0 ? [`gobgpd ${result.gobgpd}`, result.switch] : ['', ''];
      return [...place, name, String(rounds), ...[p50, p95, max].map((value) => value.toFixed(0))];
    }),
  );
  const lines = [
    `${machine.node}, kernel ${machine.kernel}`,
    "ms from the call until the switch's kernel routes so",
    ...tableLines(['NODE', 'SWITCH', 'ROUTE', 'ROUNDS', 'P50', 'P95', 'MAX'], rows),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
