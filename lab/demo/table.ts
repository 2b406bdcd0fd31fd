import { tableLines } from '../../src/cli/table.ts';
import type { StepResult } from './stage.ts';

/** The results as a table for people, and below it every sighting that failed. */
export function renderTable(results: readonly StepResult[]): string {
  const head = ['', 'EVENT', 'DETECTED', 'ROUTE CHANGED', 'REQUESTS', 'FAILED', 'AFTER THE CHANGE', 'SEEN'];
  const rows = results.map((result) => [
    result.step,
    result.title,
    milliseconds(result.detectedAfterMs),
    milliseconds(result.routeChangedAfterMs),
    String(result.requests),
    String(result.failed),
    result.failedAfterRouteChange === undefined ? '-' : String(result.failedAfterRouteChange),
    isSeen(result) ? 'yes' : 'NO',
  ]);
  return `${[...tableLines(head, rows), ...missed(results)].join('\n')}\n`;
}

/** Whether everything a step had to show was seen. */
export const isSeen = ({ sightings }: StepResult): boolean => sightings.every(({ seen }) => seen);

const milliseconds = (ms: number | undefined): string => (ms === undefined ? '-' : `${Math.round(ms)} ms`);

const missed = (results: readonly StepResult[]): string[] =>
  results.flatMap(({ sightings, step }) =>
    sightings.filter(({ seen }) => !seen).map(({ what }) => `not seen in step ${step}: ${what}`),
  );
