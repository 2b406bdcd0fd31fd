/**
 * What `npm test` runs: the static checks, then all tests. Arguments go to vitest (`npm test -- test/unit`). One line
 * a step; the last line sums up, and counts a static check that fails like a test that does.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHECKOUT } from './machine/place.ts';
import type { Tally } from './tally-reporter.ts';

const BIN = join(CHECKOUT, 'node_modules/.bin');
const CHECKS = [
  { name: 'types', argv: ['tsc', '-p', '.'] },
  { name: 'lint', argv: ['oxlint', '--type-aware'] },
  { name: 'format', argv: ['oxfmt', '--check'] },
  { name: 'unused code', argv: ['knip'] },
] as const;

const NONE: Tally = { passed: 0, failed: 0, skipped: 0, skips: [] };

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

async function check({ name, argv }: (typeof CHECKS)[number]): Promise<Tally> {
  const started = Date.now();
  const { exitCode, output } = await run(argv);
  if (exitCode !== 0) console.log(output.trimEnd());
  console.log(`${name}: ${exitCode === 0 ? 'ok' : `FAILED (${argv.join(' ')})`}, ${since(started)}`);
  return exitCode === 0 ? NONE : { ...NONE, failed: 1 };
}

async function tests(args: readonly string[]): Promise<Tally> {
  const started = Date.now();
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-test-'));
  try {
    const file = join(folder, 'tally.json');
    const exitCode = await runVitest(args, file);
    console.log(`tests: ${exitCode === 0 ? 'ok' : 'FAILED'}, ${since(started)}`);
    const tally = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Tally) : NONE;
    return exitCode !== 0 && tally.failed === 0 ? { ...tally, failed: 1 } : tally;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runVitest(args: readonly string[], tallyFile: string): Promise<number> {
  const reporters = ['--reporter=default', '--reporter=./lab/tally-reporter.ts'];
  const child = spawn(join(BIN, 'vitest'), ['run', ...reporters, ...args], {
    cwd: CHECKOUT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, FAIRLEAD_TALLY: tallyFile },
  });
  return new Promise((settle, fail) => {
    child.once('error', fail).once('close', (code) => settle(code ?? 1));
  });
}

const since = (started: number): string => `${((Date.now() - started) / 1000).toFixed(1)} s`;

const tallies: Tally[] = [];
for (const one of CHECKS) tallies.push(await check(one));
tallies.push(await tests(process.argv.slice(2)));
for (const { skips } of tallies) for (const skip of skips) console.log(`skipped: ${skip}`);
const total = (key: 'passed' | 'failed' | 'skipped'): number => tallies.reduce((count, tally) => count + tally[key], 0);
process.exitCode = total('failed') === 0 ? 0 : 1;
console.log(`${total('passed')} passed, ${total('failed')} failed, ${total('skipped')} skipped`);
