import { spawn } from 'node:child_process';

/** A set-up step that cannot go on. The message is for a person and says what to do. */
export class SetupError extends Error {}

/**
 * Runs a command and returns its stdout.
 * @param {string[]} argv
 * @param {import('node:child_process').SpawnOptions} [options]
 * @returns {Promise<string>}
 * @throws {SetupError} with the end of the output, when it cannot be started or exits with anything but 0
 */
export async function run(argv, options = {}) {
  const child = spawn(argv[0], argv.slice(1), { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const stdout = collect(child.stdout);
  await succeed(argv, child, stdout);
  return stdout.text;
}

/** Runs two commands with the stdout of the first as the stdin of the second. Errors as for `run`. */
export async function pipe(from, to) {
  const source = spawn(from[0], from.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  const sink = spawn(to[0], to.slice(1), { stdio: [source.stdout, 'ignore', 'pipe'] });
  source.stdout.destroy();
  await Promise.all([succeed(from, source), succeed(to, sink)]);
}

function collect(stream) {
  const collected = { text: '' };
  stream.setEncoding('utf8').on('data', (text) => (collected.text += text));
  return collected;
}

async function succeed(argv, child, stdout = { text: '' }) {
  const stderr = collect(child.stderr);
  const code = await new Promise((settle) => {
    child.once('error', (error) => settle(error.message));
    child.once('close', (exitCode, signal) => settle(exitCode ?? signal));
  });
  if (code === 0) return;
  const tail = `${stdout.text}${stderr.text}`.trim().split('\n').slice(-12).join('\n');
  throw new SetupError(`\`${argv.join(' ')}\` ended with ${code}:\n${tail}`);
}
