/**
 * `npm run demo`: a lab with a real switch, real IPVS and real gobgpd loses the data plane of an lb node, heals, and
 * takes the node back. Prints a time line, then a table, and draws a picture.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CHECKOUT } from '../machine/place.ts';
import { fromCaller, writeOutput } from '../output.ts';
import { renderPicture } from './picture.ts';
import { Stage, type StepResult } from './stage.ts';
import { STEPS } from './steps.ts';
import { isSeen, renderTable } from './table.ts';
import { countBy, failed } from '../observe/traffic.ts';

const USAGE = 'usage: npm run demo [-- [--json FILE] [--picture FILE]]';
const PICTURE = join(CHECKOUT, 'out/demo.svg');

interface Options {
  readonly json: string | undefined;
  readonly picture: string;
}

async function demo({ json, picture }: Options): Promise<boolean> {
  const stage = await Stage.set(Date.now());
  try {
    const results: StepResult[] = [];
    for (const step of STEPS) results.push(await step(stage));
    const healed = results.every(isSeen);
    process.stdout.write(`\n${renderTable(results)}\n`);
    writeOutput(picture, renderPicture(stage.traffic.samples, results, stage.routes.states));
    process.stdout.write(`${healed ? 'healed: every step was seen' : 'NOT healed'}; the picture is ${picture}\n`);
    if (json !== undefined) writeOutput(json, `${JSON.stringify(report(stage, results, healed), null, 2)}\n`);
    return healed;
  } finally {
    await stage.lab.down();
  }
}

function report({ lab, traffic }: Stage, steps: readonly StepResult[], healed: boolean): unknown {
  const { samples } = traffic;
  const requests = {
    sent: samples.length,
    failed: failed(samples).length,
    byLb: countBy(samples, 'lb'),
    byPod: countBy(samples, 'pod'),
  };
  return { healed, lab: lab.kind, requests, steps };
}

function parseOptions(): Options | undefined {
  try {
    const { values } = parseArgs({ options: { json: { type: 'string' }, picture: { type: 'string' } } });
    return {
      json: values.json && fromCaller(values.json),
      picture: values.picture ? fromCaller(values.picture) : PICTURE,
    };
  } catch {
    return undefined;
  }
}

const options = parseOptions();
if (options === undefined) {
  process.stderr.write(`${USAGE}\n`);
  process.exitCode = 2;
} else {
  process.exitCode = (await demo(options)) ? 0 : 1;
}
