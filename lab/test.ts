/**
 * What `npm test` runs: the static checks, then all tests. Arguments go to vitest (`npm test -- test/unit`). One line
 * a step; the last line sums up, and counts a static check that fails like a test that does. One or two files of tests
 * with real kernels and daemons that fail are played once more, each from its beginning, and that is told.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHECKOUT } from './machine/place.ts';
import { filesToReplay, NO_TESTS, replayed, replayLines, sumOf, type Tally, together } from './tally.ts';

const BIN = join(CHECKOUT, 'node_modules/.bin');
const CHECKS = [
  { name: 'types', argv: ['tsc', '-p', '.'] },
  { name: 'lint', argv: ['oxlint', '--type-aware'] },
  { name: 'format', argv: ['oxfmt', '--check'] },
  { name: 'unused code', argv: ['knip'] },
] as const;

interface Outcome {
  readonly exitCode: number;
  readonly output: string;
}

/** Runs a tool of the project, collecting what it says. */
function run([tool = '', ...args]: readonly string[]): Promise<Outcome> {
  const child = spawn(join(BIN, tool), args, { cwd: CHECKOUT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  return new Promise((settle, fail) => {
    child.once('error', fail).once('close', (code) => settle({ exitCode: code ?? 1, output }));
  });
}

/** Whether a static check is content. */
async function check({ name, argv }: (typeof CHECKS)[number]): Promise<boolean> {
  const started = Date.now();
  const { exitCode, output } = await run(argv);
  if (exitCode !== 0) console.log(output.trimEnd());
  console.log(`${name}: ${exitCode === 0 ? 'ok' : `FAILED (${argv.join(' ')})`}, ${since(started)}`);
  return exitCode === 0;
}

/**
 * Two runs side by side: the lab machines, one at a time, take a core and most of the time; all else waits more than it
 * works, and gives way to them.
 */
const LANES = [
  { args: ['--project', 'kernel', '--project', 'fault'], priority: constants.priority.PRIORITY_NORMAL },
  { args: ['--project', '!kernel', '--project', '!fault'], priority: constants.priority.PRIORITY_BELOW_NORMAL },
] as const;

async function tests(args: readonly string[]): Promise<Tally> {
  const lanes = args.length === 0 ? LANES : [{ args, priority: constants.priority.PRIORITY_NORMAL }];
  const first = together(await Promise.all(lanes.map((lane) => play(lane.args, lane.priority))));
  const files = filesToReplay(first);
  if (files.length === 0) return first;
  const second = await play(files, constants.priority.PRIORITY_NORMAL);
  for (const line of replayLines(first, second)) console.log(line);
  return replayed(first, second);
}

async function play(args: readonly string[], priority: number): Promise<Tally> {
  const started = Date.now();
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-test-'));
  try {
    const file = join(folder, 'tally.json');
    const exitCode = await runVitest(args, priority, file);
    console.log(`tests ${args.join(' ')}: ${exitCode === 0 ? 'ok' : 'FAILED'}, ${since(started)}`);
    const tally = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Tally) : NO_TESTS;
    return exitCode !== 0 && sumOf(tally).failed === 0 ? { ...tally, errors: 1 } : tally;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runVitest(args: readonly string[], priority: number, tallyFile: string): Promise<number> {
  const reporters = ['--reporter=default', '--reporter=./lab/tally-reporter.ts'];
  const child = spawn(join(BIN, 'vitest'), ['run', ...reporters, ...args], {
    cwd: CHECKOUT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, FAIRLEAD_TALLY: tallyFile },
  });
  // What it starts inherits it.
  if (child.pid !== undefined) setPriority(child.pid, priority);
  return new Promise((settle, fail) => {
    child.once('error', fail).once('close', (code) => settle(code ?? 1));
  });
}

const since = (started: number): string => `${((Date.now() - started) / 1000).toFixed(1)} s`;

let refused = 0;
for (const one of CHECKS) if (!(await check(one))) refused += 1;
const tally = await tests(process.argv.slice(2));
for (const skip of tally.files.flatMap(({ skips }) => skips)) console.log(`skipped: ${skip}`);
const { failed, passed, skipped } = sumOf({ ...tally, errors: tally.errors + refused });
process.exitCode = failed === 0 ? 0 : 1;
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
