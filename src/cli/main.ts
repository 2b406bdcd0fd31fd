import { CommanderError } from 'commander';
import { explain, FairleadError } from '../model/error.ts';
import { program } from './program.ts';

/** 0 ok, 1 a check failed, 2 usage or config, 3 the agent cannot be reached. */
export type ExitCode = 0 | 1 | 2 | 3;

/** Runs one command line. Errors become text on stderr and an exit code; nothing is thrown. */
async function main(argv: readonly string[]): Promise<number> {
  let code = 0;
  try {
    await program((result) => (code = result)).parseAsync(argv);
  } catch (error) {
    return report(error);
  }
  return code;
}

function report(error: unknown): ExitCode {
  // Commander has printed its own message by now.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const known = error instanceof FairleadError ? error : undefined;
  process.stderr.write(`fairlead: ${known ? `${known.code}: ` : ''}${explain(error)}\n`);
  if (known?.hint) process.stderr.write(`  hint: ${known.hint}\n`);
  if (known?.code === 'agent-unreachable') return 3;
  return known?.code.startsWith('config-') ? 2 : 1;
}

// Nothing that a failed start has left open may keep the process: an agent that is not up has to be started again.
process.exit(await main(process.argv));
