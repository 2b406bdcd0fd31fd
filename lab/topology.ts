import { parse } from 'yaml';
import { z } from 'zod';
import { LabError } from './error.ts';
import { splitWords } from './words.ts';

/** A containerlab topology, as far as the lab realises it: all merged, checked and split. */
export interface Topology {
  readonly nodes: readonly TopologyNode[];
  readonly bridges: readonly Bridge[];
  readonly links: readonly Link[];
}

export interface TopologyNode {
  readonly name: string;
  readonly image: string;
  /** The node whose network this one shares (`network-mode: container:X`). */
  readonly networkOf: string | undefined;
  /** Empty where the image's own command is meant. */
  readonly command: readonly string[];
  /** Commands to run once the links are there. */
  readonly exec: readonly (readonly string[])[];
  readonly binds: readonly Bind[];
  readonly env: Readonly<Record<string, string>>;
  readonly sysctls: Readonly<Record<string, string>>;
}

/** `source` is relative to the topology file. */
export interface Bind {
  readonly source: string;
  readonly target: string;
}

/** A bridge inside the network of a node: `br0|fab`. */
export interface Bridge {
  readonly name: string;
  readonly node: string;
}

export interface Link {
  readonly ends: readonly [LinkEnd, LinkEnd];
}

export interface LinkEnd {
  readonly node: string;
  readonly interface: string;
  /** The bridge in that node that the interface is a port of. */
  readonly bridge: string | undefined;
}

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const partial = z.strictObject({
  kind: z.enum(['linux', 'bridge']).optional(),
  group: z.string().optional(),
  image: z.string().optional(),
  cmd: z.string().optional(),
  exec: z.array(z.string()).default([]),
  binds: z.array(z.string()).default([]),
  env: z.record(z.string(), scalar).default({}),
  sysctls: z.record(z.string(), scalar).default({}),
  'network-mode': z
    .string()
    .regex(/^container:\S+$/, 'expected container:NODE')
    .optional(),
  // Containers start in any order; here, a node that shares a network starts after the one it shares it with.
  'startup-delay': z.number().optional(),
});
const partials = z
  .record(
    z.string(),
    partial.nullable().transform((value) => value ?? partial.parse({})),
  )
  .default({});
const file = z.strictObject({
  name: z.string(),
  topology: z.strictObject({
    defaults: partial.optional(),
    kinds: partials,
    groups: partials,
    nodes: partials,
    links: z.array(z.strictObject({ endpoints: z.tuple([z.string(), z.string()]) })).default([]),
  }),
});

type Partial = z.infer<typeof partial>;

/** Puts in values for `${NAME:=default}`, as containerlab does from its environment. */
export const expandVariables = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\$\{(\w+):=([^}]*)\}/g, (_, name: string, fallback: string) => values[name] ?? fallback);

/**
 * Reads the text of a topology file.
 * @param place what errors call the file
 * @throws {LabError} naming node and key for everything that the lab does not know or that does not fit together
 */
export function parseTopology(text: string, place: string): Topology {
  const parsed = file.safeParse(parse(text));
  if (!parsed.success) throw new LabError(`${place}: ${parsed.error.issues.map(describeIssue).join('; ')}`);
  const problems: string[] = [];
  const topology = resolve(parsed.data.topology, problems);
  problems.push(...contradictions(topology));
  if (problems.length > 0) throw new LabError(`${place}: ${problems.join('; ')}`);
  return topology;
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.map(String);
  const where = path[0] === 'topology' && path[1] === 'nodes' ? ['node', ...path.slice(2)] : path;
  const known = issue.code === 'unrecognized_keys' ? ` (known: ${Object.keys(partial.shape).join(', ')})` : '';
  return `${where.join(' ') || 'top level'}: ${issue.message}${known}`;
}

function resolve(source: z.infer<typeof file>['topology'], problems: string[]): Topology {
  const nodes: TopologyNode[] = [];
  const bridges: Bridge[] = [];
  for (const [name, own] of Object.entries(source.nodes)) {
    const group = own.group === undefined ? undefined : source.groups[own.group];
    if (own.group !== undefined && !group) problems.push(`node ${name}: there is no group ${own.group}`);
    const kind = own.kind ?? group?.kind ?? source.defaults?.kind;
    const merged = merge([source.defaults, kind && source.kinds[kind], group, own]);
    if (kind === 'bridge') bridges.push(...bridgeOf(name, merged, problems));
    else nodes.push(nodeOf(name, merged, problems));
  }
  return { nodes, bridges, links: source.links.map(({ endpoints }) => linkOf(endpoints)) };
}

/** As containerlab does: the more specific value wins, lists and maps add up. */
function merge(layers: readonly (Partial | undefined)[]): Partial {
  const sum = partial.parse({});
  for (const layer of layers.filter((one) => one !== undefined)) {
    const { exec, binds, env, sysctls } = sum;
    Object.assign(sum, layer, {
      exec: [...exec, ...layer.exec],
      binds: [...binds, ...layer.binds],
      env: { ...env, ...layer.env },
      sysctls: { ...sysctls, ...layer.sysctls },
    });
  }
  return sum;
}

function nodeOf(name: string, merged: Partial, problems: string[]): TopologyNode {
  const at = `node ${name}`;
  if (merged.image === undefined) problems.push(`${at}: image is missing`);
  return {
    name,
    image: merged.image ?? '',
    networkOf: merged['network-mode']?.replace('container:', ''),
    command: words(merged.cmd ?? '', `${at}, cmd`, problems),
    exec: merged.exec.map((line) => words(line, `${at}, exec`, problems)),
    binds: merged.binds.flatMap((text) => bindOf(text, at, problems)),
    env: merged.env,
    sysctls: merged.sysctls,
  };
}

function bindOf(text: string, at: string, problems: string[]): Bind[] {
  const [source = '', target = '', ...rest] = text.split(':');
  if (source !== '' && !source.startsWith('/') && target.startsWith('/') && rest.length === 0)
    return [{ source, target }];
  problems.push(`${at}, binds: expected RELATIVE/PATH:/ABSOLUTE/PATH, found ${JSON.stringify(text)}`);
  return [];
}

/** containerlab expands `$` in the file itself, which the lab does not. */
function words(text: string, at: string, problems: string[]): string[] {
  const split = text.includes('$') ? undefined : splitWords(text);
  if (split) return split;
  problems.push(`${at}: expected words without an open quote and without $, found ${JSON.stringify(text)}`);
  return [];
}

function bridgeOf(name: string, merged: Partial, problems: string[]): Bridge[] {
  const [bridge = '', node] = name.split('|');
  if (node !== undefined && merged['network-mode'] === `container:${node}`) return [{ name: bridge, node }];
  problems.push(`node ${name}: expected a bridge named BRIDGE|NODE with network-mode container:NODE`);
  return [];
}

function linkOf(endpoints: readonly [string, string]): Link {
  const [a, b] = endpoints;
  return { ends: [endOf(a), endOf(b)] };
}

function endOf(text: string): LinkEnd {
  const colon = text.lastIndexOf(':');
  const [first = '', second] = text.slice(0, Math.max(colon, 0)).split('|');
  const at = { interface: text.slice(colon + 1) };
  return second === undefined ? { ...at, node: first, bridge: undefined } : { ...at, node: second, bridge: first };
}

/** What a schema cannot see: names that lead nowhere, and interfaces that are there twice. */
function contradictions({ nodes, bridges, links }: Topology): string[] {
  const names = new Set(nodes.filter(({ networkOf }) => networkOf === undefined).map(({ name }) => name));
  const bridgeNames = new Set(bridges.map(({ name, node }) => `${name}|${node}`));
  const ends = links.flatMap((link) => link.ends);
  const owners = [
    ...nodes.map(({ name, networkOf }) => [name, networkOf]),
    ...bridges.map(({ name, node }) => [name, node]),
  ];
  return [
    ...owners
      .filter(([, owner]) => owner !== undefined && !names.has(owner))
      .map(([name, owner]) => `node ${name}, network-mode: there is no node ${owner} with a network of its own`),
    ...ends
      .filter(({ node, bridge }) => !(bridge === undefined ? names.has(node) : bridgeNames.has(`${bridge}|${node}`)))
      .map((end) => `links: ${describeEnd(end)}: there is no such node`),
    ...ends
      .filter((end) => !/^[^\s/]{1,15}$/.test(end.interface) || end.interface === 'up')
      .map((end) => `links: ${describeEnd(end)}: expected an interface name of 1 to 15 characters`),
    ...duplicates(ends.map(({ node, interface: name }) => `${node}:${name}`)).map(
      (end) => `links: ${end} is there twice`,
    ),
  ];
}

const describeEnd = (end: LinkEnd): string =>
  `${end.bridge === undefined ? '' : `${end.bridge}|`}${end.node}:${end.interface}`;

const duplicates = (texts: readonly string[]): string[] => [
  ...new Set(texts.filter((text, index) => texts.indexOf(text) !== index)),
];
