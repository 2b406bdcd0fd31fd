/** `npm run bench -- ipvs`: how fast the data plane is, beside what people use without it, in one run. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { benchIpvs, renderIpvs } from './ipvs/host.ts';

const USAGE = 'usage: npm run bench -- ipvs [--json FILE]';

interface Options {
  readonly json: string | undefined;
}

async function bench({ json }: Options): Promise<void> {
  const begin = Date.now();
  const report = await benchIpvs((text) => process.stdout.write(`${seconds(Date.now() - begin)}  ${text}\n`));
  process.stdout.write(`\n${renderIpvs(report)}`);
  if (json !== undefined) write(json, `${JSON.stringify(report, null, 2)}\n`);
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1).padStart(6)} s`;

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function parseOptions(): Options | undefined {
  try {
    const { positionals, values } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true });
    if (positionals.length !== 1 || positionals[0] !== 'ipvs') return undefined;
    // npm runs scripts in the checkout; a file named on its command line is meant from where the person stands.
    return { json: values.json && resolve(process.env['INIT_CWD'] ?? '.', values.json) };
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
