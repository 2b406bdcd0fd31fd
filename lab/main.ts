/** The lab from the command line: see USAGE. */
import { createInterface } from 'node:readline/promises';
import { Owner, request, type Reply } from './control.ts';
import { LabError } from './error.ts';
import { Lab } from './lab.ts';

const USAGE = `usage: npm run lab -- up                      build the lab and keep it running until Ctrl-C or \`down\`
       npm run lab -- exec NODE COMMAND...    run a command in a node of the lab that is up
       npm run lab -- shell NODE              a prompt: each line is run by a shell of its own in the node
       npm run lab -- log NODE                what the process of a node has said
       npm run lab -- start|kill NODE         start or kill (SIGKILL) the process of a node
       npm run lab -- down                    end the lab that is up
FAIRLEAD_LAB=native|uml|qemu asks for one kind of machine.`;

async function up(): Promise<number> {
  const started = Date.now();
  const tell = (text: string): void => {
    process.stderr.write(`lab ${((Date.now() - started) / 1000).toFixed(1).padStart(5)} s  ${text}\n`);
  };
  const owner = await Owner.claim();
  try {
    const lab = await Lab.up({ onProgress: tell });
    tell('up. In another terminal: `npm run lab -- exec lb1 fairlead status`, `npm run lab -- down`');
    await owner.serve(lab, interrupted());
    tell('down');
    return 0;
  } finally {
    owner.release();
  }
}

const ORPHAN_CHECK_MS = 1000;

/**
 * Resolves at the first signal that asks this process to end, or when the process that started it is gone. A terminal
 * and npm may both send a signal: the rest are ignored.
 */
const interrupted = (): Promise<void> =>
  new Promise((settle) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => settle());
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && settle(), ORPHAN_CHECK_MS).unref();
  });

async function main([command, ...rest]: readonly string[]): Promise<number> {
  const [node] = rest;
  if (command === 'up' && rest.length === 0) return up();
  if (command === 'down' && rest.length === 0) return show(await request({ op: 'down' }));
  if (command === 'exec' && node !== undefined && rest.length > 1) {
    return show(await request({ op: 'exec', node, argv: rest.slice(1) }));
  }
  if ((command === 'log' || command === 'start' || command === 'kill') && node !== undefined && rest.length === 1) {
    return show(await request({ op: command, node }));
  }
  if (command === 'shell' && node !== undefined && rest.length === 1) return shell(node);
  process.stderr.write(`${USAGE}\n`);
  return 2;
}

/** Reads lines until the end of the input. Each is run by itself, so `cd` and variables last for a line only. */
async function shell(node: string): Promise<number> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr, prompt: `${node}# ` });
  let open = true;
  terminal.once('close', () => (open = false)).prompt();
  for await (const line of terminal) {
    if (line.trim() !== '') show(await request({ op: 'exec', node, argv: ['sh', '-c', line] }));
    if (open) terminal.prompt();
  }
  return 0;
}

function show({ exitCode, stdout, stderr }: Reply): number {
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  return exitCode;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  process.stderr.write(`lab: ${error.message}\n`);
  process.exitCode = 1;
}
