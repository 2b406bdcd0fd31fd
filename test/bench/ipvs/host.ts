import { Lab } from '../../../lab/lab.ts';
import { type Raw, reportOf, type SizeReport, TARGETS } from './report.ts';
import { renderSize } from './render.ts';
import type { Size } from './workload.ts';

/** The first one is what the targets are for. More repetitions cost a minute each: ipvsadm takes its time. */
const FIRST = { services: 2000, realServersEach: 5, repetitions: 3 };
const SECOND = { services: 5000, realServersEach: 10, repetitions: 2 };
const nameOf = ({ realServersEach, services }: Size): string => `${services}x${realServersEach}`;

type Tell = (text: string) => void;

/** What `--json` writes: the first size, and the others below `sizes`. */
export interface IpvsReport extends SizeReport {
  readonly machine: { readonly kind: string; readonly kernel: string };
  readonly sizes: Readonly<Record<string, SizeReport>>;
}

/** Measures in a lab machine of its own. Rejects where the kernel does not hold what either of the two put into it. */
export async function benchIpvs(tell: Tell): Promise<IpvsReport> {
  const lab = await Lab.up({ nodes: ['client'], start: false, onProgress: tell });
  try {
    const kernel = (await lab.exec('client', ['uname', '-r'])).stdout.trim();
    const first = await measure(lab, FIRST, tell);
    const second = await measure(lab, SECOND, tell);
    return { machine: { kind: lab.kind, kernel }, ...first, sizes: { [nameOf(SECOND)]: second } };
  } finally {
    await lab.down();
  }
}

/** A process for each size, so that none inherits another's heap. */
async function measure(lab: Lab, size: typeof FIRST, tell: Tell): Promise<SizeReport> {
  const script = new URL('guest.ts', import.meta.url).pathname;
  const words = [size.services, size.realServersEach, size.repetitions].map(String);
  const said: string[] = [];
  let raw: Raw | undefined;
  const onLine = (line: string): void => {
    if (!line.startsWith('{')) return void said.push(line);
    const message = JSON.parse(line) as { progress: string } | { raw: Raw };
    if ('raw' in message) raw = message.raw;
    else tell(`${nameOf(size)}: ${message.progress}`);
  };
  const guest = await lab.spawn('client', ['node', '--expose-gc', script, ...words], { onLine });
  await guest.exited;
  if (raw === undefined) throw new Error(`the process in the lab ended early; it said:\n${said.join('\n')}`);
  return reportOf(raw);
}

export const renderIpvs = ({ machine, sizes, ...first }: IpvsReport): string =>
  `${machine.kind}, kernel ${machine.kernel}\n\n` +
  [renderSize(first, TARGETS), ...Object.values(sizes).map((size) => renderSize(size, {}))].join('\n');
