/**
 * `npm run faults`: plays the failure table in the lab, with FRR and with BIRD as the switch, and measures what becomes of
 * it. Prints a time line and a table.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { TorKind } from '../../lab/lab.ts';
import { CHECKOUT } from '../../lab/machine/place.ts';
import { fromCaller, writeOutput } from '../../lab/output.ts';
import { renderMarkdown, renderRows } from './report.ts';
import { playRow, type Row, type RowResult } from './row.ts';
import { isFor, ROWS, rowsFor } from './rows/rows.ts';
import { setStage, type Stage } from './stage.ts';
import { walk } from './walk/walk.ts';

const USAGE = `usage: npm run faults [-- [--only NAME]... [--switch frr|bird] [--json FILE]]
       npm run faults -- --walk STEPS [--seed N] [--switch frr|bird]    break and mend by chance
rows: ${ROWS.map(({ name }) => name).join(', ')}`;

interface Options {
  readonly only: readonly string[];
  readonly switches: readonly TorKind[];
  readonly json: string | undefined;
  /** How many steps to walk by chance instead; undefined to play the table. */
  readonly steps: number | undefined;
  readonly seed: number;
}

const SWITCHES: readonly TorKind[] = ['frr', 'bird'];

/** @returns whether every row was as it has to be */
async function table({ json, only, switches }: Options): Promise<boolean> {
  const results: RowResult[] = [];
  for (const kind of switches) results.push(...(await playAll(kind, rowsFor(kind, only))));
  process.stdout.write(`\n${renderRows(results)}`);
  writeOutput(join(CHECKOUT, 'out/faults.md'), renderMarkdown(results));
  if (json !== undefined) writeOutput(json, `${JSON.stringify({ rows: results }, null, 2)}\n`);
  return results.length > 0 && results.every(({ ok }) => ok);
}

const begin = Date.now();
const say = (text: string): void => void process.stdout.write(`${seconds(Date.now() - begin)}  ${text}\n`);

/** @returns whether what must always hold has held */
async function chance(steps: number, { json, seed, switches }: Options): Promise<boolean> {
  const stage = await setStage(switches[0] ?? 'frr', say);
  try {
    const result = await walk(stage, steps, seed);
    const { failed, requests, violations } = result;
    const counts = `${result.steps} steps, ${requests} requests, ${failed} failed`;
    process.stdout.write(`walk ${seed}: ${counts}, ${violations.length} violations\n`);
    for (const violation of violations) process.stdout.write(`VIOLATION, seed ${seed}, ${violation}\n`);
    if (json !== undefined) writeOutput(json, `${JSON.stringify(result, null, 2)}\n`);
    return violations.length === 0;
  } finally {
    await stage.lab.down();
  }
}

async function playAll(kind: TorKind, rows: readonly Row[]): Promise<RowResult[]> {
  if (rows.length === 0) return [];
  const stage = await setStage(kind, say);
  try {
    const results: RowResult[] = [];
    for (const row of rows) {
      if (isFor(row, stage.lab)) results.push(await playAndKeep(stage, row));
      else say(`${row.name}: left out on ${stage.lab.kind} with gobgpd ${stage.lab.gobgpd}`);
    }
    return results;
  } finally {
    await stage.lab.down();
  }
}

/** What everybody said is kept where a row is not as it has to be. */
async function playAndKeep(stage: Stage, row: Row): Promise<RowResult> {
  const result = await playRow(stage, row);
  if (result.ok) return result;
  const folder = join(CHECKOUT, 'out/faults', `${row.name}-${result.switch}`);
  for (const node of stage.lab.nodes.filter((name) => /^(lb|gobgp|tor)/.test(name))) {
    writeOutput(join(folder, `${node}.log`), await stage.lab.log(node));
  }
  writeOutput(join(folder, 'routes.json'), JSON.stringify(stage.routes.states, null, 1));
  say(`${row.name}: the logs are in ${folder}`);
  return result;
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1).padStart(6)} s`;

function parseOptions(): Options | undefined {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string', multiple: true, default: [] },
        switch: { type: 'string' },
        json: { type: 'string' },
        walk: { type: 'string' },
        seed: { type: 'string' },
      },
    });
    const switches = SWITCHES.filter((kind) => values.switch === undefined || values.switch === kind);
    const unknown = values.only.some((name) => !ROWS.some((row) => row.name === name));
    const steps = values.walk === undefined ? undefined : Number(values.walk);
    const seed = Number(values.seed ?? Date.now() % 1_000_000);
    if (unknown || switches.length === 0 || steps === 0 || Number.isNaN(steps) || Number.isNaN(seed)) return undefined;
    return { only: values.only, switches, json: values.json && fromCaller(values.json), steps, seed };
  } catch {
    return undefined;
  }
}

const options = parseOptions();
if (options === undefined) {
  process.stderr.write(`${USAGE}\n`);
  process.exitCode = 2;
} else {
  const { steps } = options;
  process.exitCode = (await (steps === undefined ? table(options) : chance(steps, options))) ? 0 : 1;
}
