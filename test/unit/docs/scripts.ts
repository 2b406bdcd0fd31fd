import { dirname } from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import { readTopology } from './topology.ts';
import { filesAt, readRepository } from './pages.ts';
import { isPlaceholder } from './placeholder.ts';

const scripts: Readonly<Record<string, string>> = packageJson.scripts;

/** The file that a script runs: the last one it names. */
const entryOf = (script: string): string | undefined =>
  scripts[script]?.split(' ').findLast((word) => /\.(ts|mjs)$/.test(word));

/**
 * What is wrong with an npm command line: a script that package.json has not, or what the script does not take.
 * @param own the words before a `--`
 * @param rest the words behind it
 * @param commandProblems for what `npm run lab -- exec` runs in a node
 */
export function npmProblems(
  [command = '', ...own]: readonly string[],
  rest: readonly string[],
  commandProblems: (words: readonly string[]) => string[],
): string[] {
  if (['ci', 'install'].includes(command)) return [];
  const script = command === 'run' ? (own[0] ?? '') : command;
  const entry = entryOf(script);
  if (entry === undefined) return [`package.json has no script ${script}`];
  if (script === 'lab') return labProblems(rest, commandProblems);
  return script === 'test' ? testProblems(rest) : argumentProblems(entry, rest);
}

function labProblems(
  [command = '', node, ...words]: readonly string[],
  commandProblems: (words: readonly string[]) => string[],
): string[] {
  if (command === '') return [];
  const usage = readRepository('lab/main.ts').includes(`'${command}'`) ? [] : [`the lab has no ${command}`];
  const nodes = readTopology();
  const place =
    node === undefined || nodes.includes(node) || isPlaceholder(node) ? [] : [`the lab has no node ${node}`];
  return [...usage, ...place, ...(words.length > 0 ? commandProblems(words) : [])];
}

/** What goes to vitest: a part of the tests. */
const testProblems = (words: readonly string[]): string[] => {
  const projects = [...readRepository('vitest.config.ts').matchAll(/name: '(\w+)'/g)].map(([, name]) => name);
  const project = words[words.indexOf('--project') + 1];
  if (words.includes('--project')) return projects.includes(project) ? [] : [`vitest has no project ${project}`];
  return words.filter((word) => filesAt(`${word}*`).length === 0).map((word) => `there are no tests in ${word}`);
};

/** The usage of a script names its options and, in capitals or by an enumeration, what they take. */
function argumentProblems(entry: string, words: readonly string[]): string[] {
  const text = readRepository(entry);
  const parts = filesAt(`${dirname(entry)}/rows/*.ts`)
    .map(readRepository)
    .join('\n');
  const isNamed = (word: string): boolean => new RegExp(`(?:[|' ]|name: ')${word}(?![\\w-])`).test(`${text}${parts}`);
  return words
    .filter((word) => !isPlaceholder(word) && !/^\d+$|\.json$|\.svg$/.test(word))
    .map((word) => word.replace(/[[\]]/g, ''))
    .filter((word) => !(word.startsWith('--') ? new RegExp(`\\b${word.slice(2)}: \\{`).test(text) : isNamed(word)))
    .map((word) => `${entry} takes no ${word}`);
}
