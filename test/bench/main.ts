/** `npm run bench -- NAME`: how fast a part is, beside how it is done without it, in one run. */
import { parseArgs } from 'node:util';
import { fromCaller, writeOutput } from '../../lab/output.ts';
import { benchAnnounce, renderAnnounce } from './announce/host.ts';
import { benchIpvs, renderIpvs } from './ipvs/host.ts';
import { benchKubernetes, renderKubernetes } from './kubernetes/host.ts';
import { benchSwitch, renderSwitch } from './switch/host.ts';

const USAGE = 'usage: npm run bench -- ipvs|announce|switch|kubernetes [--json FILE]';

type Tell = (text: string) => void;
interface Result {
  readonly report: object;
  /** The report for people. */
  readonly text: string;
}

const BENCHMARKS: ReadonlyMap<string, (tell: Tell) => Promise<Result>> = new Map([
  ['ipvs', (tell) => benchIpvs(tell).then((report) => ({ report, text: renderIpvs(report) }))],
  ['announce', (tell) => benchAnnounce(tell).then((report) => ({ report, text: renderAnnounce(report) }))],
  ['switch', (tell) => benchSwitch(tell).then((report) => ({ report, text: renderSwitch(report) }))],
  ['kubernetes', (tell) => benchKubernetes(tell).then((report) => ({ report, text: renderKubernetes(report) }))],
]);

interface Options {
  readonly benchmark: (tell: Tell) => Promise<Result>;
  readonly json: string | undefined;
}

async function bench({ benchmark, json }: Options): Promise<void> {
  const begin = Date.now();
  const { report, text } = await benchmark((line) => {
    process.stdout.write(`${seconds(Date.now() - begin)}  ${line}\n`);
  });
  process.stdout.write(`\n${text}`);
  if (json !== undefined) writeOutput(json, `${JSON.stringify(report, null, 2)}\n`);
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1).padStart(6)} s`;

function parseOptions(): Options | undefined {
  try {
    const { positionals, values } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true });
    const benchmark = positionals.length === 1 ? BENCHMARKS.get(positionals[0] ?? '') : undefined;
    return benchmark && { benchmark, json: values.json && fromCaller(values.json) };
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
