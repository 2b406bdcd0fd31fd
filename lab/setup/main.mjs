/**
 * Prepares this checkout and then runs the rest of the command line with the pinned Node first in PATH:
 *   node lab/setup/main.mjs [--second-kernel] [--gobgpds] [--kubernetes] [--test-tools] [COMMAND ARGUMENT...]
 * With --second-kernel it also fetches Debian's kernel and qemu, with --gobgpds the gobgpds of later Debians, with
 * --kubernetes etcd, and an API server and helm, which it builds with Go, with --test-tools a browser and the like; and
 * goes on without where they are not to be had.
 * Runs on Node 20 and needs nothing but npm and apt-get. What is already done costs a few milliseconds.
 */
import { spawn } from 'node:child_process';
import { bundle } from './bundle.mjs';
import { SetupError } from './command.mjs';
import { debian, secondKernel, testTools } from './debian.mjs';
import { gobgpds } from './gobgpds.mjs';
import { kubernetes } from './kubernetes.mjs';
import { modules, node } from './node.mjs';
import { NODE_BIN } from './place.mjs';
import { alone, readStamp, writeStamp } from './stamp.mjs';

const OPTIONAL = {
  '--second-kernel': [secondKernel],
  '--gobgpds': gobgpds,
  '--kubernetes': kubernetes,
  '--test-tools': [testTools],
};
const words = process.argv.slice(2);
const firstOther = words.findIndex((word) => !(word in OPTIONAL));
const options = firstOther === -1 ? words : words.slice(0, firstOther);
const command = words.slice(options.length);
/** In the order of their needs: npm's packages and the bundle are made with the pinned Node. */
const STEPS = [node, modules, debian, ...options.flatMap((option) => OPTIONAL[option]), bundle];

async function prepare() {
  if ((await outstanding()).length === 0) return;
  await alone(async () => {
    for (const step of await outstanding()) await perform(step);
  });
}

async function outstanding() {
  const stamp = await readStamp();
  const due = await Promise.all(
    STEPS.map(async (step) => stamp[step.name] !== (await step.inputs()) || !(await step.isDone())),
  );
  return STEPS.filter((_, index) => due[index]);
}

async function perform(step) {
  const started = Date.now();
  process.stderr.write(`fairlead set-up: ${step.name} … `);
  const inputs = await step.inputs();
  const outcome = await step.make().catch((error) => {
    process.stderr.write('failed\n');
    if (!step.optional || !(error instanceof SetupError)) throw error;
    process.stderr.write(`fairlead set-up: ${error.message}\nfairlead set-up: going on without\n`);
  });
  if (outcome === undefined) return;
  await writeStamp(step.name, inputs);
  process.stderr.write(`${outcome}, ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

/**
 * Runs a command in this terminal, and ends as it ends. Signals sent to this process are passed on, and so is the loss
 * of the process that started it: nothing goes on unseen because npm was killed.
 */
function become([file, ...args]) {
  const env = { ...process.env, PATH: `${NODE_BIN}:${process.env['PATH']}` };
  const child = spawn(file, args, { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 1000).unref();
  child.once('error', (error) => {
    process.stderr.write(`fairlead set-up: ${file} cannot be started: ${error.message}\n`);
    process.exitCode = 127;
  });
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (signal === 'SIGINT' ? 2 : 15);
  });
}

try {
  await prepare();
  if (command.length > 0) become(command);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`fairlead set-up: ${error.message}\n`);
  process.exitCode = 1;
}
