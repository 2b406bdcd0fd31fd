/** `npm run bench -- ipvs`: how fast the data plane is, beside what people use without it, in one run. */
import { parseArgs } from 'node:util';
import { fromCaller, writeOutput } from '../../lab/output.ts';
import { benchIpvs, renderIpvs } from './ipvs/host.ts';

const USAGE = 'usage: npm run bench -- ipvs [--json FILE]';

interface Options {
  readonly json: string | undefined;
}

async function bench({ json }: Options): Promise<void> {
  const begin = Date.now();
  const report = await benchIpvs((text) => process.stdout.write(`${seconds(Date.now() - begin)}  ${text}\n`));
  process.stdout.write(`\n${renderIpvs(report)}`);
  if (json !== undefined) writeOutput(json, `${JSON.stringify(report, null, 2)}\n`);
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1).padStart(6)} s`;

function parseOptions(): Options | undefined {
  try {
    const { positionals, values } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true });
    if (positionals.length !== 1 || positionals[0] !== 'ipvs') return undefined;
    return { json: values.json && fromCaller(values.json) };
  } catch {
    return undefined;
  }
}

const options = parseOptions();
if (options === undefined) {
  process.stderr.write(`${USAGE}\n`);
  process.exitCode = 2;
} else {
  await bench(options);
}
