import { tableLines } from '../../../src/cli/table.ts';
import { type AnnounceReport, DECISIONS, type Figure, STAGES } from './report.ts';

const STAGE = { issued: 'issued', answered: 'answered', onSwitch: 'on switch' } as const;

/** The figures as a table of at most 80 columns. */
export function renderAnnounce(report: AnnounceReport): string {
  const { issuedP99, machine, met, targetIssuedP99 } = report;
  const rows = DECISIONS.flatMap((name) =>
    STAGES.map((stage, index) => [
      [name, `${report[name].decisions.ours} times`][index] ?? '',
      STAGE[stage],
      ...cells(report[name][stage]),
    ]),
  );
  const lines = [
    `${machine.node}, kernel ${machine.kernel}`,
    'ms from an outcome of the probe: p50 / p99 / max',
    ...tableLines(['DECISION', 'UNTIL', 'FAIRLEAD', 'READ FIRST'], rows),
    `call issued, p99 of all: ${issuedP99} ms, target <= ${targetIssuedP99} ms: ${met ? 'met' : 'NOT MET'}`,
  ];
  return lines.map((line) => `${line}\n`).join('');
}

const cells = ({ ours, readFirst }: Figure): string[] =>
  [ours, readFirst].map(({ max, p50, p99 }) => [p50, p99, max].map((value) => value.toFixed(1)).join(' / '));
