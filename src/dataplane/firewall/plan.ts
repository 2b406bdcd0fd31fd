import type { IptablesTable } from './parse.ts';

/** What one part of the data plane keeps in an iptables table. Rules are written as `iptables-save` prints them. */
export interface IptablesRules {
  readonly table: 'filter' | 'nat';
  /** Chains that are ours alone, with all of their rules. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** Single rules of ours in chains that belong to everybody. They carry `mark`, and so are told from others. */
  readonly rules: readonly { readonly chain: string; readonly rule: string }[];
  /** The comment that marks the single rules as ours. */
  readonly mark: string;
}

/**
 * The lines for `iptables-restore --noflush` that turn `actual` into `wanted`; empty where nothing differs. One such
 * input is applied whole or not at all, and touches nothing of others.
 */
export function planIptables(wanted: IptablesRules, actual: IptablesTable): string[] {
  const chains = [...wanted.chains].flatMap(([chain, rules]) => planChain(chain, rules, actual.get(chain)));
  const present = [...actual].flatMap(([chain, rules]) =>
    rules.filter((rule) => rule.includes(wanted.mark)).map((rule) => ({ chain, rule })),
  );
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

type SingleRule = IptablesRules['rules'][number];

const same = (a: SingleRule, b: SingleRule): boolean => a.chain === b.chain && a.rule === b.rule;

const isWanted = (wanted: IptablesRules, one: SingleRule): boolean => wanted.rules.some((other) => same(one, other));

/** Declaring a chain in the input empties it, so that a chain is always written whole. */
function planChain(chain: string, wanted: readonly string[], actual: readonly string[] | undefined): string[] {
  if (actual !== undefined && wanted.join('\n') === actual.join('\n')) return [];
  return [`:${chain} - [0:0]`, ...wanted.map((rule) => `-A ${chain} ${rule}`)];
}
