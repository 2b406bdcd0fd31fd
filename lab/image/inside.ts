/** Builds the image, in the namespaces that lab/image/main.ts has made for it: with their end, nothing of it is left. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../error.ts';
import { SUITE } from './base.ts';
import { planOwnImage, readRecord, RECORD, ROOT } from './build.ts';
import { flatten, forgetOthers, IMAGE, makeLayers } from './layers.ts';
import { readNetwork } from './network.ts';
import type { LayerStep } from './plan.ts';

function tell(line: number, step: LayerStep, ms: number): void {
  const what = step.op === 'RUN' ? `RUN ${step.command.split('\n')[0]?.slice(0, 60)}` : step.op;
  process.stderr.write(`image: ${(ms / 1000).toFixed(1).padStart(5)} s  Dockerfile:${line} ${what}\n`);
}

async function build(): Promise<void> {
  const network = await readNetwork(SUITE);
  const stages = planOwnImage(network.mirrors);
  const last = stages.at(-1);
  const key = last?.layers.at(-1)?.key;
  if (last === undefined || key === undefined || readRecord()?.key === key) return;
  await mkdir(join(IMAGE, 'layers'), { recursive: true });
  for (const { layers } of stages) await makeLayers(layers, network, tell);
  await flatten(last.layers, ROOT);
  await writeFile(RECORD, JSON.stringify({ key, config: last.config }, undefined, 2));
  await forgetOthers(stages.flatMap(({ layers }) => layers));
}

try {
  await build();
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  process.stderr.write(`image: ${error.message}\n`);
  process.exitCode = 1;
}
