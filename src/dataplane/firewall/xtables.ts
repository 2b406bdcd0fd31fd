import { closeSync, readFileSync } from 'node:fs';
import type { Family } from '../../model/address.ts';
import { explain, FairleadError } from '../../model/error.ts';
import { getsockopt, socket } from '../netlink/libc.ts';

const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const IPPROTO_RAW = 255;

/** include/uapi/linux/netfilter_ipv4/ip_tables.h and netfilter_ipv6/ip6_tables.h, where the numbers are the same. */
const SO_GET_INFO = 64;
const SO_GET_ENTRIES = 65;
const TABLE_NAME = 32;
/** struct ipt_getinfo; its last word is the size of all entries in bytes. */
const INFO_LENGTH = 84;
const INFO_SIZE = 80;
/** struct ipt_get_entries before the entries, which are aligned to 8 bytes. */
const ENTRIES_HEADER = 40;
const COUNTERS_LENGTH = 16;

/** In struct ipt_entry and ip6t_entry: where the next entry starts, and the packet and byte counters. */
const LAYOUT = {
  ipv4: { domain: 2, level: 0, next: 90, counters: 96, names: '/proc/net/ip_tables_names' },
  ipv6: { domain: 10, level: 41, next: 142, counters: 152, names: '/proc/net/ip6_tables_names' },
} as const;

/**
 * Reads an iptables table as the kernel keeps it, without its counters: equal bytes, equal rules. `iptables-save`
 * would cost a process; this costs two system calls, so that a missing rule can be noticed many times a second.
 */
export class XtablesFingerprint {
  readonly #family: Family;
  readonly #fd: number;

  /** Throws `kernel-refused` where the family does not exist or the agent lacks the rights. */
  constructor(family: Family) {
    this.#family = family;
    this.#fd = socket(LAYOUT[family].domain, SOCK_RAW_CLOEXEC, IPPROTO_RAW);
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Throws `kernel-refused` where the table does not exist and cannot be loaded, or changes at this very moment. */
  read(table: string): Buffer {
    const { level } = LAYOUT[this.#family];
    const info = Buffer.alloc(INFO_LENGTH);
    info.write(table, 0, TABLE_NAME, 'latin1');
    try {
      const size = getsockopt(this.#fd, level, SO_GET_INFO, info).readUInt32LE(INFO_SIZE);
      const entries = Buffer.alloc(ENTRIES_HEADER + size);
      entries.write(table, 0, TABLE_NAME, 'latin1');
      entries.writeUInt32LE(size, TABLE_NAME);
      return withoutCounters(getsockopt(this.#fd, level, SO_GET_ENTRIES, entries), this.#family);
    } catch (cause) {
      throw new FairleadError('kernel-refused', `the ${this.#family} table ${table} of iptables: ${explain(cause)}`, {
        hint: 'load the module of the table, such as iptable_nat or ip6table_nat, or nf_tables',
      });
    }
  }
}

/** The iptables tables that exist in this network namespace. Looking loads none; without ip_tables there is none. */
export function existingTables(family: Family): string[] {
  try {
    return readFileSync(LAYOUT[family].names, 'latin1').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

function withoutCounters(entries: Buffer, family: Family): Buffer {
  const { counters, next } = LAYOUT[family];
  for (let at = ENTRIES_HEADER; at + counters + COUNTERS_LENGTH <= entries.length;) {
    entries.fill(0, at + counters, at + counters + COUNTERS_LENGTH);
    const length = entries.readUInt16LE(at + next);
    if (length === 0) break;
    at += length;
  }
  return entries;
}
