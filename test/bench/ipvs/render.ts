import { tableLines } from '../../../src/cli/table.ts';
import { type Figure, MOST_MESSAGES, type SizeReport, type Targets } from './report.ts';

const WORK = {
  load: 'load from empty',
  read: 'read back',
  change1: '1 change',
  change100: '100 changes',
} as const;
const WORKS = ['load', 'read', 'change1', 'change100'] as const;

/** The figures of one size as a table of at most 80 columns. */
export function renderSize(report: SizeReport, targets: Targets): string {
  const { audit, endToEnd, memory, messagesPerChange: messages, realServersEach, repetitions, services } = report;
  const title = `${services} virtual x ${realServersEach} real servers; median (min-max) of ${repetitions} runs`;
  const rows = [
    ...WORKS.map((work) => [WORK[work], ...figureCells(report[work], targets[work])]),
    ['slice to kernel', range(endToEnd.oursMs, endToEnd.oursRangeMs)],
    ['audit, no drift', range(audit.oursMs, audit.oursRangeMs), '', '', '0 writes', met(audit.writes === 0)],
    ['messages/change', String(messages), '', '', `<= ${MOST_MESSAGES}`, met(messages <= MOST_MESSAGES)],
  ];
  const table = tableLines(['MS', 'FAIRLEAD', 'IPVSADM', 'RATIO', 'TARGET', 'MET'], rows);
  return [title, ...table, ...memoryLine(memory)].map((line) => `${line}\n`).join('');
}

const memoryLine = (memory: SizeReport['memory']): string[] =>
  memory === undefined
    ? []
    : [
        `MiB without and with the table: resident ${memory.rssWithout} and ${memory.rssWith}, ` +
          `heap ${memory.heapWithout} and ${memory.heapWith}`,
      ];

const figureCells = (
  { baselineMs, baselineRangeMs, oursMs, oursRangeMs, ratio }: Figure,
  target?: number,
): string[] => [
  range(oursMs, oursRangeMs),
  range(baselineMs, baselineRangeMs),
  `${significant(ratio)}x`,
  target === undefined ? '' : `${target}x`,
  target === undefined ? '' : met(ratio >= target),
];

const met = (yes: boolean): string => (yes ? 'yes' : 'NO');

const range = (median: number, [min, max]: readonly [number, number]): string =>
  `${significant(median)} (${significant(min)}-${significant(max)})`;

/** Two digits are all that a noisy machine gives; what is larger keeps its places. */
const significant = (value: number): string =>
  value >= 10 ? String(Math.round(value)) : String(Number(value.toPrecision(2)));
