import { type Document, LineCounter, parseDocument } from 'yaml';
import { explain } from '../model/error.ts';
import { danglingAliases } from './alias.ts';
import { checkAcrossKeys } from './check.ts';
import type { Config } from './config.ts';
import { toConfig } from './convert.ts';
import type { Fault } from './fault.ts';
import { faultsOf } from './issue.ts';
import { inFileOrder } from './locate.ts';
import type { ConfigProblem } from './problem.ts';
import { configFile } from './schema.ts';
import { routerId as readRouterId } from './schema-bgp.ts';

export type ParsedConfig =
  | { readonly config: Config; readonly problems?: never }
  | { readonly problems: readonly ConfigProblem[]; readonly config?: never };

/**
 * Reads a configuration: a frozen Config with every default filled in, or every problem there is, in the order of the
 * file. What the file itself need not hold comes from around it: the name of this node, and where they are known the
 * node's own address, the default of the router id, and the namespace of the pod. Never throws.
 */
export function parseConfig(text: string, node: string, nodeIp?: string, podNamespace?: string): ParsedConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0)
    return { problems: telling(document.errors).map((error) => syntaxProblem(error, text, lines)) };
  const dangling = danglingAliases(document, lines);
  if (dangling.length > 0) return { problems: dangling };
  const { raw, failure } = plainData(document);
  if (failure !== undefined) return { problems: [{ line: 1, column: 1, path: '', ...failure }] };
  const result = configFile.safeParse(raw);
  const faults = [...(result.error?.issues ?? []).flatMap((issue) => faultsOf(issue, raw)), ...checkAcrossKeys(raw)];
  const routerId = result.data?.bgp.routerId ?? readRouterId.safeParse(nodeIp).data;
  if (result.success && routerId === undefined) faults.push(noRouterId(nodeIp));
  if (!result.success || routerId === undefined || faults.length > 0) {
    return { problems: inFileOrder(faults, document, lines) };
  }
  return { config: frozen(toConfig(result.data, { node, routerId, podNamespace })) };
}

const noRouterId = (nodeIp: string | undefined): Fault => ({
  path: ['bgp', 'routerId'],
  expected: 'an IPv4 unicast address, here or in $NODE_IP',
  found: nodeIp === undefined ? 'neither' : `$NODE_IP as ${JSON.stringify(nodeIp)}`,
});

interface SyntaxError {
  readonly code: string;
  readonly pos: readonly [number, number];
  readonly message: string;
}

/** Behind the first one, what a parser says is mostly of what it has made of that. */
const telling = (errors: readonly SyntaxError[]): SyntaxError[] =>
  errors.filter(({ code }, index) => index === 0 || code === 'DUPLICATE_KEY');

function syntaxProblem({ code, message, pos }: SyntaxError, text: string, lines: LineCounter): ConfigProblem {
  const { line, col } = lines.linePos(pos[0]);
  const { expected, found } = SYNTAX[code] ?? { expected: 'YAML', found: message };
  const key = /^[^:\s]*/.exec(text.slice(pos[0]))?.[0] ?? '';
  return { line, column: col, path: '', expected, found: code === 'DUPLICATE_KEY' ? `${key} again` : found };
}

/** The slips of newcomers, by the codes of the YAML library. */
const SYNTAX: Readonly<Record<string, { readonly expected: string; readonly found: string }>> = {
  TAB_AS_INDENT: { expected: 'spaces before a key', found: 'a tab, which YAML does not take for indentation' },
  DUPLICATE_KEY: { expected: 'each key once', found: '' },
  MULTIPLE_DOCS: { expected: 'one YAML document', found: 'another one behind `---`' },
  BLOCK_AS_IMPLICIT_KEY: {
    expected: 'the keys of one mapping below each other, each with as many spaces before it',
    found: 'a key that is further in or out than the one before it',
  },
};

/** Aliases are resolved only here: a bomb of them throws. */
function plainData(document: Document): { raw?: unknown; failure?: { expected: string; found: string } } {
  try {
    return { raw: document.toJS({ maxAliasCount: 100 }) };
  } catch (error) {
    return { failure: { expected: 'YAML with few aliases', found: explain(error) } };
  }
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
