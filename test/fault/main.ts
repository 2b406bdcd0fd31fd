/**
 * `npm run faults`: plays the failure table in the lab, with FRR and with BIRD as the switch, and measures what becomes of
 * it. Prints a time line and a table.
 */
import { parseArgs } from 'node:util';
import type { TorKind } from '../../lab/lab.ts';
import { fromCaller, writeOutput } from '../../lab/output.ts';
import { renderRows } from './report.ts';
import { playRow, type Row, type RowResult } from './row.ts';
import { ROWS, rowsFor } from './rows/rows.ts';
import { setStage } from './stage.ts';

const USAGE = `usage: npm run faults [-- [--only NAME]... [--switch frr|bird] [--json FILE]]
rows: ${ROWS.map(({ name }) => name).join(', ')}`;

interface Options {
  readonly only: readonly string[];
  readonly switches: readonly TorKind[];
  readonly json: string | undefined;
}

const SWITCHES: readonly TorKind[] = ['frr', 'bird'];

/** @returns whether every row was as it has to be */
async function faults({ json, only, switches }: Options): Promise<boolean> {
  const begin = Date.now();
  const say = (text: string): void => void process.stdout.write(`${seconds(Date.now() - begin)}  ${text}\n`);
  const results: RowResult[] = [];
  for (const kind of switches) results.push(...(await playAll(kind, rowsFor(kind, only), say)));
  process.stdout.write(`\n${renderRows(results)}`);
  if (json !== undefined) writeOutput(json, `${JSON.stringify({ rows: results }, null, 2)}\n`);
  return results.length > 0 && results.every(({ ok }) => ok);
}

async function playAll(kind: TorKind, rows: readonly Row[], say: (text: string) => void): Promise<RowResult[]> {
  if (rows.length === 0) return [];
  const stage = await setStage(kind, say);
  try {
    const results: RowResult[] = [];
    for (const row of rows) results.push(await playRow(stage, row));
    return results;
  } finally {
    await stage.lab.down();
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1).padStart(6)} s`;

function parseOptions(): Options | undefined {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true, default: [] },
        switch: { type: 'string' },
        json: { type: 'string' },
      },
    });
    const switches = SWITCHES.filter((kind) => values.switch === undefined || values.switch === kind);
    const unknown = values.only.some((name) => !ROWS.some((row) => row.name === name));
    if (unknown || switches.length === 0) return undefined;
    return { only: values.only, switches, json: values.json && fromCaller(values.json) };
  } catch {
    return undefined;
  }
}

const options = parseOptions();
if (options === undefined) {
  process.stderr.write(`${USAGE}\n`);
  process.exitCode = 2;
} else {
  process.exitCode = (await faults(options)) ? 0 : 1;
}
