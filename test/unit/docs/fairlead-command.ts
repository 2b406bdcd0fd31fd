import { type Command, CommanderError } from 'commander';
import { program as plugin } from '../../../src/cli/kubectl/program.ts';
import { program } from '../../../src/cli/program.ts';

/**
 * What the program itself has against a command line, which is parsed and not run: an unknown command or option, an
 * argument too many or too few, a value that an option does not take.
 * @param args what stands behind `fairlead`
 */
export const fairleadProblems = (args: readonly string[]): string[] =>
  problemsOf(
    program(() => {}),
    args,
  );

/**
 * The same of the plugin.
 * @param args what stands behind `kubectl fairlead`
 */
export const pluginProblems = (args: readonly string[]): string[] =>
  problemsOf(
    plugin(() => {}),
    args,
  );

function problemsOf(command: Command, args: readonly string[]): string[] {
  try {
    inert(command).parse(args, { from: 'user' });
    return [];
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Prose may name a command without what it is given: `fairlead config check`.
    const isName = error.code === 'commander.missingArgument' || error.exitCode === 0;
    return isName ? [] : [`${command.name()} ${args.join(' ')}: ${error.message}`];
  }
}

/** Its commands, and theirs, do nothing and say nothing. */
function inert(command: Command): Command {
  command.exitOverride().configureOutput({ writeOut: () => {}, writeErr: () => {} });
  if (command.commands.length === 0) command.action(() => {});
  for (const inner of command.commands) inert(inner);
  return command;
}

const names = new Set(program(() => {}).commands.map((command) => command.name()));

/** Every command there is, as it is called: `fairlead config check`. */
export const allCommands = (): string[] =>
  program(() => {}).commands.flatMap((command) => {
    const own = `fairlead ${command.name()}`;
    return command.commands.length === 0 ? [own] : command.commands.map((inner) => `${own} ${inner.name()}`);
  });

/** `fairlead drain | undrain [--wait]` is both: each of them with what stands behind. */
export function spelledOut(line: string): string[] {
  const [, one = '', other = '', rest = ''] = /^fairlead ([a-z-]+) \| ([a-z-]+)(.*)$/.exec(line) ?? [];
  return names.has(one) && names.has(other) ? [`fairlead ${one}${rest}`, `fairlead ${other}${rest}`] : [line];
}
