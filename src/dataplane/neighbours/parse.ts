import { type Address, type Family, formatAddress } from '../../model/address.ts';
import { listAttributes, readAttributes } from '../netlink/codec.ts';

/** struct ipt_get_entries before the entries (include/uapi/linux/netfilter_ipv4/ip_tables.h). */
const ENTRIES = 40;
/** In struct ipt_entry and ip6t_entry: destination and mask, the inverted parts, where target and next entry start. */
const LAYOUT = {
  ipv4: { length: 4, destination: 4, mask: 12, inverted: 83, target: 88, next: 90, entry: 112 },
  ipv6: { length: 16, destination: 16, mask: 48, inverted: 132, target: 140, next: 142, entry: 168 },
} as const;
/** IPT_INV_DSTIP and IP6T_INV_DSTIP */
const INVERTED_DESTINATION = 0x10;
/** In struct xt_entry_target: its name, and behind the 32 bytes of it, the chain's name in the head of a chain. */
const TARGET_NAME = 2;
const TARGET_DATA = 32;
const NAME_LENGTH = 29;

/**
 * The destinations in the rules of one chain, out of a whole iptables table as IPT_SO_GET_ENTRIES returns it. Rules
 * for any destination, and for all but one, are passed over. A chain begins with an entry whose target is `ERROR` and
 * carries its name (net/ipv4/netfilter/ip_tables.c, struct xt_error_target).
 */
export function* chainDestinations(family: Family, table: Buffer, chain: string): Generator<Address> {
  const { entry: least, next, target } = LAYOUT[family];
  let inside = false;
  for (let at = ENTRIES; at + least <= table.length;) {
    const length = table.readUInt16LE(at + next);
    if (length < least || at + length > table.length) return;
    const entry = table.subarray(at, at + length);
    const head = chainHead(entry.subarray(entry.readUInt16LE(target)));
    const destination = inside && head === undefined ? destinationOf(family, entry) : undefined;
    if (head !== undefined) inside = head === chain;
    if (destination !== undefined) yield destination;
    at += length;
  }
}

function chainHead(target: Buffer): string | undefined {
  if (textOf(target.subarray(TARGET_NAME, TARGET_NAME + NAME_LENGTH)) !== 'ERROR') return undefined;
  return textOf(target.subarray(TARGET_DATA));
}

function destinationOf(family: Family, entry: Buffer): Address | undefined {
  const { destination, inverted, length, mask } = LAYOUT[family];
  const any = entry.readUInt8(mask) === 0;
  if (any || (entry.readUInt8(inverted) & INVERTED_DESTINATION) !== 0) return undefined;
  return formatAddress(entry.subarray(destination, destination + length));
}

const textOf = (bytes: Buffer): string => bytes.toString('latin1').replace(/\0[^]*$/, '');

/** include/uapi/linux/netfilter/nf_tables.h. struct nfgenmsg stands before the attributes of every message. */
const NFGENMSG = 4;
const NFTA_RULE_EXPRESSIONS = 4;
const NFTA_EXPR = { name: 1, data: 2 } as const;
const NFTA_PAYLOAD = { base: 2, offset: 3 } as const;
const NFTA_CMP = { operation: 2, data: 3 } as const;
const NFTA_DATA_VALUE = 1;
const NFTA_SET_ELEM_LIST_ELEMENTS = 3;
const NFTA_SET_ELEM_KEY = 1;
const NETWORK_HEADER = 1;
const EQUAL = 0;

/** Where the destination stands in the network header, by the family of nf_tables (`ip`, `ip6`), and how long it is. */
const HEADER: ReadonlyMap<number, { offset: number; length: number }> = new Map([
  [2, { offset: 16, length: 4 }],
  [10, { offset: 24, length: 16 }],
]);

/** NFTA_TABLE_NAME and NFTA_SET_NAME. */
const NAME_OF = { table: 1, set: 2 } as const;

/** The names of tables or sets of nf_tables as `FAMILY/NAME`, out of a listing of them: `2/nat` is iptables-nft's. */
export const namesOf = (kind: keyof typeof NAME_OF, payloads: readonly Buffer[]): Set<string> =>
  new Set(payloads.map((payload) => `${payload[0]}/${textOf(attributesOf(payload).get(NAME_OF[kind]) ?? NONE)}`));

/** The destinations in rules of nf_tables, out of a listing of them: a comparison right behind a look into the header. */
export function* ruleDestinations(payloads: readonly Buffer[]): Generator<Address> {
  for (const payload of payloads) {
    const header = HEADER.get(payload[0] ?? 0);
    const bytes = header && destinationBytes(attributesOf(payload).get(NFTA_RULE_EXPRESSIONS) ?? NONE, header.offset);
    // iptables-nft compares only as many bytes as the prefix has.
    if (header && bytes) yield formatAddress(Buffer.concat([bytes], header.length));
  }
}

function destinationBytes(expressions: Buffer, offset: number): Buffer | undefined {
  let looking = false;
  for (const [, expression] of listAttributes(expressions)) {
    const { data, name } = expressionOf(expression);
    const compared = data.get(NFTA_CMP.data);
    if (name === 'payload') looking = isDestination(data, offset);
    else if (looking && name === 'cmp' && compared && data.get(NFTA_CMP.operation)?.readUInt32BE(0) === EQUAL) {
      return readAttributes(compared).get(NFTA_DATA_VALUE);
    }
  }
  return undefined;
}

function expressionOf(expression: Buffer): { name: string; data: Map<number, Buffer> } {
  const attributes = readAttributes(expression);
  const data = readAttributes(attributes.get(NFTA_EXPR.data) ?? NONE);
  return { name: textOf(attributes.get(NFTA_EXPR.name) ?? NONE), data };
}

const isDestination = (data: ReadonlyMap<number, Buffer>, offset: number): boolean =>
  data.get(NFTA_PAYLOAD.base)?.readUInt32BE(0) === NETWORK_HEADER &&
  data.get(NFTA_PAYLOAD.offset)?.readUInt32BE(0) === offset;

/** The addresses that the keys of a set or map of nf_tables begin with, out of a listing of its elements. */
export function* elementAddresses(payloads: readonly Buffer[]): Generator<Address> {
  for (const payload of payloads) {
    const length = HEADER.get(payload[0] ?? 0)?.length ?? 0;
    for (const [, element] of listAttributes(attributesOf(payload).get(NFTA_SET_ELEM_LIST_ELEMENTS) ?? NONE)) {
      const key = readAttributes(readAttributes(element).get(NFTA_SET_ELEM_KEY) ?? NONE).get(NFTA_DATA_VALUE);
      if (length > 0 && key && key.length >= length) yield formatAddress(key.subarray(0, length));
    }
  }
}

const NONE = Buffer.alloc(0);

const attributesOf = (payload: Buffer): Map<number, Buffer> => readAttributes(payload.subarray(NFGENMSG));
