import { existsSync, readFileSync } from 'node:fs';
import { FAMILIES, type Family } from '../../model/address.ts';
import { Ipset } from '../filter/ipset.ts';
import { EXTERNAL_SET, SERVED_SET } from '../filter/want.ts';
import { inTurn, NOTHING_TO_DO, type PartReport } from '../part.ts';
import { Iptables } from './iptables.ts';
import { Nftables } from './nftables.ts';
import { ALL_TRACES, FENCE_TRACES, SERVING_TRACES, type Traces } from './plan.ts';
import { NFT_WORDS } from './want.ts';
import { existingTables } from './xtables.ts';

const tablesFor = (...parts: readonly string[]): readonly string[] =>
  FAMILIES.flatMap((family) => parts.map((part) => `${NFT_WORDS[family].family} fairlead-${part}`));

/** The tables that fairlead makes in nf_tables to serve clients, as `nft list tables` names them. */
export const SERVING_NFT_TABLES = tablesFor('filter', 'snat', 'mss');
const FENCE_NFT_TABLES = tablesFor('fence');

/**
 * Takes all of ours out of both firewalls, and nothing of others. Nothing is loaded for it: where the kernel never had
 * nf_tables, ip_tables or ipset, none of ours can be there. Rejects where a program that is needed is missing.
 */
export const removeFirewalls = (): Promise<PartReport> =>
  inTurn([
    () => removeNftables(new Set([...SERVING_NFT_TABLES, ...FENCE_NFT_TABLES])),
    () => inTurn(FAMILIES.map((family) => () => removeRules(family, ALL_TRACES))),
    () => inTurn(FAMILIES.map((family) => () => removeSets(family))),
  ]);

/** Takes the fence out of both firewalls, whoever raised it. Without one, no process is started. */
export const removeFences = (): Promise<PartReport> =>
  inTurn([
    () => removeNftables(new Set(FENCE_NFT_TABLES)),
    ...FAMILIES.map((family) => () => removeRules(family, FENCE_TRACES)),
  ]);

/** Deletes those of our tables in nf_tables. */
export async function removeNftables(names: ReadonlySet<string>): Promise<PartReport> {
  if (!hasNfTables()) return NOTHING_TO_DO;
  const nftables = new Nftables();
  try {
    return await nftables.remove(names);
  } finally {
    nftables.close();
  }
}

/** Takes the rules, chains and then sets that serve clients out of some families. */
export const removeIptables = (families: readonly Family[]): Promise<PartReport> =>
  inTurn([
    ...families.map((family) => () => removeRules(family, SERVING_TRACES)),
    ...families.map((family) => () => removeSets(family)),
  ]);

async function removeRules(family: Family, traces: Traces): Promise<PartReport> {
  if (existingTables(family).length === 0) return NOTHING_TO_DO;
  const iptables = new Iptables(family);
  try {
    return await iptables.remove(traces);
  } finally {
    iptables.close();
  }
}

async function removeSets(family: Family): Promise<PartReport> {
  // Built in or loaded: ip_set has a parameter, so that it stands there either way.
  if (!existsSync('/sys/module/ip_set')) return NOTHING_TO_DO;
  const sets = [SERVED_SET[family], EXTERNAL_SET[family]].map((identity) => new Ipset(identity));
  try {
    return await inTurn(sets.map((set) => () => set.remove()));
  } finally {
    for (const set of sets) set.close();
  }
}

/** Loaded, or built in, which only the list of the kernel's symbols tells. */
export function hasNfTables(): boolean {
  try {
    return (
      existsSync('/sys/module/nf_tables') ||
      readFileSync('/proc/kallsyms', 'latin1').includes(' nft_register_chain_type\n')
    );
  } catch {
    return true;
  }
}
