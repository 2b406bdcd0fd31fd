import { closeSync } from 'node:fs';
import { getsockopt, socket } from '../netlink/libc.ts';

const AF_INET = 2;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const IPPROTO_RAW = 255;

/** include/uapi/linux/netfilter_ipv4/ip_tables.h */
const SOL_IP = 0;
const IPT_SO_GET_INFO = 64;
const IPT_SO_GET_ENTRIES = 65;
const TABLE_NAME = 32;
/** struct ipt_getinfo; its last word is the size of all entries in bytes. */
const INFO_LENGTH = 84;
const INFO_SIZE = 80;
/** struct ipt_get_entries before the entries, which are aligned to 8 bytes. */
const ENTRIES_HEADER = 40;
/** In struct ipt_entry: where the next entry starts, and the packet and byte counters. */
const NEXT_OFFSET = 90;
const COUNTERS = 96;
const COUNTERS_LENGTH = 16;

/**
 * Reads an iptables table as the kernel keeps it, without its counters: equal bytes, equal rules. `iptables-save`
 * would cost a process; this costs two system calls, so that a missing rule can be noticed many times a second.
 */
export class XtablesFingerprint {
  readonly #fd = socket(AF_INET, SOCK_RAW_CLOEXEC, IPPROTO_RAW);

  close(): void {
    closeSync(this.#fd);
  }

  /** Throws `kernel-refused` where the table does not exist and cannot be loaded, or changes at this very moment. */
  read(table: string): Buffer {
    const info = Buffer.alloc(INFO_LENGTH);
    info.write(table, 0, TABLE_NAME, 'latin1');
    const size = getsockopt(this.#fd, SOL_IP, IPT_SO_GET_INFO, info).readUInt32LE(INFO_SIZE);
    const entries = Buffer.alloc(ENTRIES_HEADER + size);
    entries.write(table, 0, TABLE_NAME, 'latin1');
    entries.writeUInt32LE(size, TABLE_NAME);
    return withoutCounters(getsockopt(this.#fd, SOL_IP, IPT_SO_GET_ENTRIES, entries));
  }
}

function withoutCounters(entries: Buffer): Buffer {
  for (let at = ENTRIES_HEADER; at + COUNTERS + COUNTERS_LENGTH <= entries.length;) {
    entries.fill(0, at + COUNTERS, at + COUNTERS + COUNTERS_LENGTH);
    const length = entries.readUInt16LE(at + NEXT_OFFSET);
    if (length === 0) break;
    at += length;
  }
  return entries;
}
