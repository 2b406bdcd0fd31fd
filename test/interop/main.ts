/**
 * `npm run interop`: plays every property with each gobgpd there is, FRR and BIRD as the switch, and both families. Prints
 * a line as each row ends, and the matrix.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CHECKOUT } from '../../lab/machine/place.ts';
import { fromCaller, writeOutput } from '../../lab/output.ts';
import { FAMILIES } from '../../src/model/address.ts';
import { explain } from '../../src/model/error.ts';
import { type GobgpdBinary, gobgpds, missingGobgpds } from '../scenario/gobgpd-binary.ts';
import { type Combination, combinations, nameOf, playMatrix, type Result, SWITCHES } from './matrix.ts';
import { renderMarkdown, renderMatrix } from './report.ts';
import { ROWS } from './rows/rows.ts';

const USAGE = `usage: npm run interop [-- [--only ROW]... [--gobgpd VERSION] [--switch frr|bird] [--family ipv4|ipv6] [--json FILE]]
rows: ${ROWS.map(({ name }) => name).join(', ')}`;

interface Options {
  readonly only: readonly string[];
  readonly combinations: readonly Combination[];
  readonly json: string | undefined;
}

const begin = Date.now();
const say = (text: string): void => {
  const seconds = ((Date.now() - begin) / 1000).toFixed(1);
  process.stdout.write(`${seconds.padStart(6)} s  ${text}\n`);
};

/** @returns whether every row that was played is ok */
async function play({ combinations: chosen, json, only }: Options): Promise<boolean> {
  const results: Result[] = [];
  await playMatrix(chosen, only, (result) => {
    results.push(result);
    say(`${nameOf(result.combination)}  ${result.row}: ${result.outcome ?? 'ok'} (${result.ms} ms)`);
  });
  const rows = ROWS.filter(({ name }) => only.length === 0 || only.includes(name));
  process.stdout.write(`\n${renderMatrix(rows, chosen, results)}`);
  for (const missing of missingGobgpds()) process.stdout.write(`left out: gobgpd ${missing}, which could not be had\n`);
  writeOutput(join(CHECKOUT, 'out/interop.md'), renderMarkdown(rows, chosen, results));
  if (json !== undefined) writeOutput(json, `${JSON.stringify({ rows: results.map(flat) }, null, 2)}\n`);
  return results.length > 0 && results.every(({ outcome }) => outcome === undefined);
}

const flat = ({ combination, ms, outcome, row }: Result): object => {
  const { api, family, switch: kind, version } = combination;
  return { row, gobgpd: version, api, switch: kind, family, ok: outcome === undefined, seen: outcome ?? null, ms };
};

function parseOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true, default: [] },
      gobgpd: { type: 'string', default: '' },
      switch: { type: 'string' },
      family: { type: 'string' },
      json: { type: 'string' },
    },
  });
  const isAsked = ({ version }: GobgpdBinary): boolean => `${version}.`.startsWith(`${values.gobgpd}.`);
  const chosen = combinations(
    gobgpds().filter((one) => values.gobgpd === '' || isAsked(one)),
    SWITCHES.filter((kind) => values.switch === undefined || values.switch === kind),
    FAMILIES.filter((family) => values.family === undefined || values.family === family),
  );
  const unknown = values.only.find((name) => !ROWS.some((row) => row.name === name));
  if (unknown !== undefined) throw new Error(`expected the name of a row, found ${unknown}`);
  if (chosen.length === 0) throw new Error('expected a gobgpd, a switch and a family that there are, found none');
  return { only: values.only, combinations: chosen, json: values.json && fromCaller(values.json) };
}

/** @returns the exit code */
async function main(): Promise<number> {
  let options: Options | undefined;
  try {
    options = parseOptions();
  } catch (error) {
    process.stderr.write(`${explain(error)}\n${USAGE}\n`);
  }
  if (options === undefined) return 2;
  return (await play(options)) ? 0 : 1;
}

process.exitCode = await main();
