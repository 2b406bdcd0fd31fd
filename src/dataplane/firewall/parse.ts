import { readAttributes } from '../netlink/codec.ts';

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

/** struct nfgenmsg stands before the attributes; its first byte is the family (include/uapi/linux/netfilter.h). */
const NFGENMSG_LENGTH = 4;
const NFPROTO = new Map([
  [2, 'ip'],
  [10, 'ip6'],
]);
const NFTA_TABLE_NAME = 1;

/** The tables of nf_tables in a listing of them, each as `ip NAME`. Those of other families are none of ours. */
export const parseNftTables = (payloads: readonly Buffer[]): string[] =>
  payloads.flatMap((payload) => {
    const family = NFPROTO.get(payload[0] ?? 0);
    const name = readAttributes(payload.subarray(NFGENMSG_LENGTH)).get(NFTA_TABLE_NAME);
    return family && name ? [`${family} ${name.toString('latin1').replace(/\0$/, '')}`] : [];
  });
