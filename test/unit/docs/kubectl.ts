import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../../../lab/machine/place.ts';
import { clusterPrograms, obstacleToCluster } from '../../cluster/programs.ts';
import { CONTAINERS, LABELS, NAMESPACES, OBJECTS } from './deployed.ts';
import { isPlaceholder } from './placeholder.ts';

/** Why no kubectl can be asked what it takes; undefined where one can. */
export const withoutKubectl = obstacleToCluster();

/** Those of Kubernetes that the pages speak of, as the API server calls them. */
const RESOURCES = new Set(
  `configmaps daemonsets endpointslices events leases namespaces nodes pods secrets servicecidrs services
   clusterroles clusterrolebindings roles rolebindings serviceaccounts validatingadmissionpolicies`.split(/\s+/),
);
const SHORT = new Map([
  ['cm', 'configmaps'],
  ['ds', 'daemonsets'],
  ['no', 'nodes'],
  ['ns', 'namespaces'],
  ['po', 'pods'],
  ['svc', 'services'],
]);
/** Verbs whose first argument is a kind of thing. */
const OF_RESOURCES = new Set(['annotate', 'delete', 'describe', 'edit', 'get', 'label', 'patch', 'rollout', 'wait']);

interface Option {
  readonly name: string;
  readonly value: string | undefined;
}

/**
 * What is wrong with a kubectl command line: a verb or an option that kubectl has not, a kind of thing that Kubernetes has
 * not, a container, namespace, label or object that deploy/ has not, a file that is not there.
 * @param words what stands behind `kubectl`, up to a `--`
 */
export function kubectlProblems(words: readonly string[]): string[] {
  const globals = optionsIn(help(['options']));
  const bare = words.filter((word, index) => !word.startsWith('-') && !takesValue(globals, words[index - 1]));
  const verbs = verbsOf(bare);
  if (verbs.length === 0) return [`kubectl has no command ${bare[0]}`];
  const text = help([...verbs, '--help']);
  const known = new Map([...globals, ...optionsIn(text)]);
  const { options, positionals } = split(words, known);
  const [resource] = positionals.slice(verbs.length);
  const isNoCommand = resource !== undefined && text.includes('Available Commands:');
  return [
    ...(isNoCommand ? [`kubectl ${verbs.join(' ')} has no command ${resource}`] : []),
    ...options.flatMap(({ name, value }) =>
      known.has(name) ? optionProblems(name, value) : [`kubectl ${verbs.join(' ')} has no ${name}`],
    ),
    ...(OF_RESOURCES.has(verbs[0] ?? '') && resource !== undefined ? resourceProblems(resource) : []),
  ];
}

/** Text of kubectl itself, without a cluster. */
function help(args: readonly string[]): string {
  const key = args.join(' ');
  const text = texts.get(key) ?? execFileSync(clusterPrograms().kubectl, args, { encoding: 'utf8', stdio: 'pipe' });
  texts.set(key, text);
  return text;
}
const texts = new Map<string, string>();

/** Each option by its names, and whether it takes a value. */
const optionsIn = (text: string): Map<string, boolean> =>
  new Map(
    [...text.matchAll(/^ {4}(?:(-\w), )?(--[\w-]+)=(.*):$/gm)].flatMap(([, short, long = '', fallback = '']) => {
      const valued = fallback !== 'true' && fallback !== 'false';
      return [[long, valued] as const, ...(short === undefined ? [] : [[short, valued] as const])];
    }),
  );

const takesValue = (options: ReadonlyMap<string, boolean>, word = ''): boolean => options.get(word) === true;

/** `create secret generic`: as many words as kubectl's usage has before the first argument. None of one that it has not. */
function verbsOf(words: readonly string[]): string[] {
  for (const count of [3, 2, 1]) {
    const verbs = words.slice(0, count);
    if (verbs.length === count && verbs.every((verb) => /^[a-z-]+$/.test(verb)) && isUsage(verbs)) return verbs;
  }
  return [];
}

function isUsage(verbs: readonly string[]): boolean {
  try {
    return new RegExp(`^  kubectl ${verbs.join(' ')}\\s`, 'm').test(help([...verbs, '--help']));
  } catch {
    return false;
  }
}

function split(words: readonly string[], known: ReadonlyMap<string, boolean>) {
  const options: Option[] = [];
  const positionals: string[] = [];
  for (const [index, word] of words.entries()) {
    const [name = '', value] = word.split(/=(.*)/s);
    if (word.startsWith('-')) options.push({ name, value: value ?? (known.get(name) ? words[index + 1] : undefined) });
    else if (!takesValue(known, words[index - 1])) positionals.push(word);
  }
  return { options, positionals };
}

function optionProblems(name: string, value = ''): string[] {
  if (isPlaceholder(value)) return [];
  const expected = { '-n': NAMESPACES, '--namespace': NAMESPACES, '-c': CONTAINERS, '--container': CONTAINERS }[name];
  if (expected && !expected.has(value)) return [`${name}: expected one of ${[...expected].join(', ')}, found ${value}`];
  if (name === '-l' || name === '--selector') return labelProblems(value);
  const isPath = ['-f', '--filename', '-k', '--kustomize'].includes(name) && value !== '-';
  return isPath && !existsSync(join(CHECKOUT, value)) ? [`${name}: no ${value} here`] : [];
}

const labelProblems = (label: string): string[] =>
  LABELS.has(label) || label.includes('/')
    ? []
    : [`expected a label such as ${[...LABELS].join(', ')}, found ${label}`];

function resourceProblems(text: string): string[] {
  if (isPlaceholder(text)) return [];
  return text.split(',').flatMap((one) => {
    const [kind = '', name] = one.split('/');
    const plural = SHORT.get(kind) ?? (RESOURCES.has(kind) ? kind : `${kind}s`);
    if (!RESOURCES.has(plural)) return [`Kubernetes has no ${kind}`];
    const object = `${plural.slice(0, -1)}/${name}`;
    const isOurs = plural === 'daemonsets' && name !== undefined && !isPlaceholder(name);
    return isOurs && !OBJECTS.has(object) ? [`deploy/ has no ${object}`] : [];
  });
}
