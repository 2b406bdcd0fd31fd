import { CommanderError } from 'commander';
import { explain, FairleadError } from '../../model/error.ts';
import type { ExitCode } from '../main.ts';
import { program } from './program.ts';

/** Runs one command line. Errors become text on stderr and an exit code; nothing is thrown. */
async function main(argv: readonly string[]): Promise<ExitCode> {
  let code: ExitCode = 0;
  try {
    await program((result) => (code = result)).parseAsync(argv);
  } catch (error) {
    // Commander has printed its own message by now.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    process.stderr.write(`kubectl fairlead: ${explain(error)}\n`);
    if (error instanceof FairleadError && error.hint) process.stderr.write(`  hint: ${error.hint}\n`);
    return 3;
  }
  return code;
}

process.exitCode = await main(process.argv);
