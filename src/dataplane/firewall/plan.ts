import type { Family } from '../../model/address.ts';
import type { IptablesTable } from './parse.ts';

export const IPTABLES_TABLES = ['filter', 'nat', 'mangle'] as const;

/** What one part of the data plane keeps in an iptables table. Rules are written as `iptables-save` prints them. */
export interface IptablesRules {
  readonly family: Family;
  readonly table: (typeof IPTABLES_TABLES)[number];
  /** Chains that are ours alone, with all of their rules. Their names begin with `FAIRLEAD-`. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** Single rules of ours in chains that belong to everybody. They carry `mark`, and so are told from others. */
  readonly rules: readonly { readonly chain: string; readonly rule: string }[];
  /** The comment that marks the single rules as ours. It begins with `--comment "fairlead: `. */
  readonly mark: string;
}

/** What some of our rules and chains are told by. */
export interface Traces {
  readonly comment: RegExp;
  readonly chain: RegExp;
  readonly jump: RegExp;
  /** In the entries of a table as the kernel keeps them; may be in a table without any of them. */
  readonly bytes: RegExp;
}

const tracesOf = (comment: string, chain: string): Traces => ({
  comment: new RegExp(`--comment "fairlead: ${comment}`),
  chain: new RegExp(`^FAIRLEAD-${chain}$`),
  jump: new RegExp(`(?:^| )-[jg] FAIRLEAD-${chain}$`),
  bytes: new RegExp(`fairlead: ${comment}|FAIRLEAD-${chain}`),
});

/** In every single rule of ours, and in the name of every chain of ours. */
export const ALL_TRACES = tracesOf('', '\\S+');
export const FENCE_TRACES = tracesOf('fence\\b', 'FENCE');
/** What serves clients: all but the fence, which stands and falls for reasons of its own. */
export const SERVING_TRACES = tracesOf('(?!fence\\b)', '(?!FENCE$)\\S+');

/**
 * The lines for `iptables-restore --noflush` that turn `actual` into `wanted`; empty where nothing differs. One such
 * input is applied whole or not at all, and touches nothing of others.
 */
export function planIptables(wanted: IptablesRules, actual: IptablesTable): string[] {
  const chains = [...wanted.chains].flatMap(([chain, rules]) => planChain(chain, rules, actual.get(chain)));
  const present = rulesOf(actual).filter(({ rule }) => rule.includes(wanted.mark));
  const unwanted = present.filter(
    (one, index) => !isWanted(wanted, one) || present.findIndex((other) => same(one, other)) < index,
  );
  const missing = wanted.rules.filter((one) => !present.some((other) => same(one, other)));
  return [
    ...chains,
    ...unwanted.map(({ chain, rule }) => `-D ${chain} ${rule}`),
    ...missing.map(({ chain, rule }) => `-I ${chain} 1 ${rule}`),
  ];
}

/**
 * The lines that take some of ours out of a table, whichever version or part of fairlead put it there. A chain can
 * only go when nothing jumps to it any more, so a jump to one of ours goes whoever made it.
 */
export function planIptablesRemoval(actual: IptablesTable, traces: Traces): string[] {
  const chains = [...actual.keys()].filter((chain) => traces.chain.test(chain));
  const rules = rulesOf(actual).filter(
    ({ chain, rule }) => !traces.chain.test(chain) && (traces.comment.test(rule) || traces.jump.test(rule)),
  );
  return [
    ...rules.map(({ chain, rule }) => `-D ${chain} ${rule}`),
    ...chains.map((chain) => `-F ${chain}`),
    ...chains.map((chain) => `-X ${chain}`),
  ];
}

type SingleRule = IptablesRules['rules'][number];

const rulesOf = (table: IptablesTable): SingleRule[] =>
  [...table].flatMap(([chain, rules]) => rules.map((rule) => ({ chain, rule })));

const same = (a: SingleRule, b: SingleRule): boolean => a.chain === b.chain && a.rule === b.rule;

const isWanted = (wanted: IptablesRules, one: SingleRule): boolean => wanted.rules.some((other) => same(one, other));

/** Declaring a chain in the input empties it, so that a chain is always written whole. */
function planChain(chain: string, wanted: readonly string[], actual: readonly string[] | undefined): string[] {
  if (actual !== undefined && wanted.join('\n') === actual.join('\n')) return [];
  return [`:${chain} - [0:0]`, ...wanted.map((rule) => `-A ${chain} ${rule}`)];
}
