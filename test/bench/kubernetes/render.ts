import { tableLines } from '../../../src/cli/table.ts';
import type { Latency } from '../latency.ts';
import type { KubernetesReport } from './host.ts';
import type { Bound, Figure, SourceReport } from './report.ts';

/** The report as tables of at most 80 columns. */
export function renderKubernetes(report: KubernetesReport): string {
  const { bounds, machine, real } = report;
  const lines = [
    `${machine.processors} x ${machine.processor}, kernel ${machine.kernel}, node ${machine.node}`,
    ...sourceLines(report, 300),
    ...(real === undefined ? [] : ['A real API server over etcd, from the write on:', ...sourceLines(real, 50)]),
    ...tableLines(['THE AGENT IN THE LAB', 'P50', 'P95', 'P99', 'MOST', 'CALLS', 'RSS', 'PEAK'], agentRows(report)),
    '',
    ...boundLines(bounds),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function sourceLines(report: SourceReport, perSecond: number): string[] {
  const { endpointsEach, rounds, services } = report;
  return [
    `${services} Services x ${endpointsEach} endpoints; median (min-max) of ${rounds} rounds`,
    '',
    ...tableLines(['', 'FAIRLEAD', 'INFORMER', 'RATIO'], figureRows(report)),
    '',
    ...tableLines([`MS AT ${perSecond} EVENTS/S`, 'P50', 'P95', 'P99', 'MOST'], latencyRows(report)),
    '',
  ];
}

const figureRows = ({ cpuPerEvent, eventsPerSecond, heap, rss, stall, sync, syncCpu }: SourceReport): string[][] => [
  figureRow('first sync, ms', sync),
  figureRow('processor for it, ms', syncCpu),
  figureRow('longest stall in it, ms', stall),
  figureRow('peak RSS by then, MiB', rss.peak),
  figureRow('settled RSS, MiB', rss.settled),
  figureRow('settled heap, MiB', heap),
  figureRow('burst, events/s', eventsPerSecond),
  figureRow('processor for each, us', cpuPerEvent),
];

const figureRow = (name: string, { baseline, baselineRange, ours, oursRange, ratio }: Figure): string[] => [
  name,
  spread(ours, oursRange),
  spread(baseline, baselineRange),
  `${significant(ratio)}x`,
];

const latencyRows = ({ change, netlinkWrite }: SourceReport): string[][] => [
  latencyRow('fairlead, to change', change.ours),
  latencyRow('informer, to change', change.baseline),
  latencyRow('fairlead, to netlink', netlinkWrite),
];

/** Milliseconds, netlink system calls for each event, MiB. */
const agentRows = ({ agent, smallAgent }: KubernetesReport): string[][] =>
  [agent, smallAgent].map(({ callsPerEvent, eventsPerSecond, machine, peakRss, rss, services, toKernel }) => [
    ...latencyRow(`${services}, ${eventsPerSecond}/s, ${machine}`, toKernel),
    ...[callsPerEvent, rss, peakRss].map(significant),
  ]);

const latencyRow = (name: string, { max, p50, p95, p99 }: Latency): string[] => [
  name,
  ...[p50, p95, p99, max].map(significant),
];

const boundLines = (bounds: readonly Bound[]): string[] =>
  tableLines(
    ['BOUND', 'VALUE', 'ASKED', 'MET'],
    bounds.map(({ bound, figure, ok, value }) => [figure, significant(value), bound, ok ? 'yes' : 'NO']),
  );

const spread = (median: number, [min, max]: readonly [number, number]): string =>
  `${significant(median)} (${significant(min)}-${significant(max)})`;

/** Two digits are all that a noisy machine gives; what is larger keeps its places. */
const significant = (value: number): string =>
  value >= 10 ? String(Math.round(value)) : String(Number(value.toPrecision(2)));
