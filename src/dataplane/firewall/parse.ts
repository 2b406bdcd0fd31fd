/** The rules of one iptables table by chain, each as `iptables-save` prints it behind `-A CHAIN `. */
export type IptablesTable = ReadonlyMap<string, readonly string[]>;

/** Reads the output of `iptables-save -t TABLE`. Comments, counters and lines it does not know are passed over. */
export function parseIptablesSave(text: string): IptablesTable {
  const chains = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [, declared, appended, rule] = /^(?::(\S+) |-A (\S+) (.*))/.exec(line) ?? [];
    if (declared !== undefined) chains.set(declared, []);
    if (appended !== undefined && rule !== undefined) chains.set(appended, [...(chains.get(appended) ?? []), rule]);
  }
  return chains;
}

/** The tables of nf_tables in the output of `nft list tables`, each as `ip NAME`. */
export const parseNftTables = (text: string): string[] =>
  [...text.matchAll(/^table (\S+ \S+)$/gm)].flatMap(([, table]) => table ?? []);
