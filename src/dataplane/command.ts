import { execa, ExecaError } from 'execa';
import { FairleadError } from '../model/error.ts';

const TIMEOUT_MS = 10_000;

/**
 * Runs a program with its arguments, never through a shell, and returns what it printed.
 * Rejects with `command-failed`: the argument vector, how it ended, and what it said; and with `command-not-run` where it
 * could not be started or did not come to an end by itself.
 */
export async function runCommand(argv: readonly [string, ...string[]], input?: string): Promise<string> {
  const [file, ...args] = argv;
  try {
    const { stdout } = await execa(file, args, {
      ...(input !== undefined && { input }),
      timeout: TIMEOUT_MS,
      // Messages and number formats must not depend on where the agent runs.
      env: { LC_ALL: 'C' },
    });
    return stdout;
  } catch (error) {
    const said = error instanceof ExecaError ? `${error.shortMessage}: ${String(error.stderr).trim()}` : error;
    const ended = error instanceof ExecaError && error.exitCode !== undefined;
    throw new FairleadError(ended ? 'command-failed' : 'command-not-run', `${argv.join(' ')}: ${String(said)}`);
  }
}
