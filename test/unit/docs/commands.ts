import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../../../lab/machine/place.ts';
import { commandOf, commandsIn } from './command-line.ts';
import { fairleadProblems, pluginProblems, spelledOut } from './fairlead-command.ts';
import { kubectlProblems, withoutKubectl } from './kubectl.ts';
import { npmProblems } from './scripts.ts';

/**
 * Programs of others that the pages may show. They are not looked into, beyond the files of this checkout that they name:
 * whoever adds one has looked at what it takes.
 */
const OTHERS =
  `apt-get birdc cat cd conntrack cp curl docker ethtool git gobgpd grep helm ip ipset iptables-save ipvsadm
  journalctl kill modprobe mv nft node openssl ping promtool sh ss sysctl systemctl tcpdump vtysh watch`.split(/\s+/);

const PROGRAMS = new Set(['fairlead', 'kubectl', 'npm', ...OTHERS]);

/** Whether a line begins with a program that the pages may show. */
export const isCommand = (line: string): boolean => PROGRAMS.has(commandsIn(commandOf(line))[0]?.[0] ?? '');

/** What is wrong with a line of a block or with inline code, which may run several commands. */
export const lineProblems = (line: string): string[] =>
  spelledOut(commandOf(line)).flatMap((one) => commandsIn(one).flatMap(commandProblems));

function commandProblems([name = '', ...args]: readonly string[]): string[] {
  const apart = args.indexOf('--');
  const own = apart === -1 ? args : args.slice(0, apart);
  const rest = apart === -1 ? [] : args.slice(apart + 1);
  if (name === 'fairlead') return fairleadProblems(args);
  if (name === 'npm') return npmProblems(own, rest, commandProblems);
  if (name === 'kubectl') return [...kubectlLine(own), ...(rest.length > 0 ? commandProblems(rest) : [])];
  if (name === 'sh' && own[0] === '-c') return lineProblems(own[1] ?? '');
  const inner = insideOf(name, args);
  if (inner) return commandProblems(inner);
  return OTHERS.includes(name) ? fileProblems(args) : [`${name} is no program that the pages may show`];
}

/** The command that another one runs: in the image, with the pinned Node, or as the bundle. */
function insideOf(name: string, args: readonly string[]): readonly string[] | undefined {
  const image = args.indexOf('fairlead:dev');
  if (name === 'docker' && args[0] === 'run') return image === -1 ? undefined : args.slice(image + 1);
  if (name !== 'node') return undefined;
  if (args[0] === 'dist/fairlead.js') return ['fairlead', ...args.slice(1)];
  const program =
    args[0] === 'lab/setup/main.mjs' ? args.findIndex((word, index) => index > 0 && !word.startsWith('--')) : -1;
  return program === -1 ? undefined : ['node', ...args.slice(program)];
}

/** `kubectl fairlead ...` is the plugin. */
function kubectlLine(words: readonly string[]): string[] {
  if (words[0] === 'fairlead') return pluginProblems(words.slice(1));
  return withoutKubectl === undefined ? kubectlProblems(words) : [];
}

const OURS = /^(?:deploy|docs|lab|proto|src|test)\/[\w./-]+$/;

/** Files of this checkout that are not there. */
const fileProblems = (words: readonly string[]): string[] =>
  words.filter((word) => OURS.test(word) && !existsSync(join(CHECKOUT, word))).map((word) => `there is no ${word}`);
