import { closeSync, readSync, writeSync } from 'node:fs';
import { type Message, readMessages } from './codec.ts';
import { bind, eventfd, readable, setsockopt, socket } from './libc.ts';
import { decodeNftables, decodeRtnetlink, type Notice } from './notices.ts';
import { NETLINK_NETFILTER, NETLINK_ROUTE } from './socket.ts';

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0o2000000 | 0o4000;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
/** A firewall that is loaded anew sends thousands of messages at once. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;
const READ_BUFFER = 65_536;

/** enum rtnetlink_groups and nfnetlink_groups: the groups that are listened to. */
const RTNLGRP = { link: 1, ipv4Address: 5, ipv4Route: 7, ipv6Address: 9, ipv6Route: 11, ipv4Conf: 24, ipv6Conf: 25 };
const NFNLGRP_NFTABLES = 7;

/** So long an exit of the process may have to wait for the thread of the pool, if nobody closes the monitor. */
const POLL_MS = 1000;
/** Reads before other work of the process gets its turn. */
const READS_IN_A_ROW = 64;

interface Channel {
  readonly fd: number;
  readonly decode: (message: Message) => Notice | undefined;
  /** Whether messages are being dropped. */
  lossy: boolean;
}

/**
 * Says at once what changes in this network namespace: links, addresses, routes, forwarding, and nf_tables where the
 * kernel has it. IPVS, iptables-legacy, ipset and most sysctls send no notification: nothing is to be heard of those.
 */
export class Monitor {
  readonly #channels: readonly Channel[];
  readonly #wake = eventfd();
  readonly #buffer = Buffer.alloc(READ_BUFFER);
  readonly #pollMs: number;
  readonly #ended: Promise<void>;
  #closed = false;

  /**
   * Throws `kernel-refused`.
   *
   * @param tell is given what has changed since it was called last, in order; must not throw
   * @param pollMs how long it listens in one go
   */
  constructor(tell: (notices: readonly Notice[]) => void, pollMs = POLL_MS) {
    this.#pollMs = pollMs;
    this.#channels = [
      { fd: listen(NETLINK_ROUTE, Object.values(RTNLGRP)), decode: decodeRtnetlink, lossy: false },
      { fd: listen(NETLINK_NETFILTER, [NFNLGRP_NFTABLES]), decode: decodeNftables, lossy: false },
    ];
    this.#ended = this.#run(tell);
  }

  /** Resolves when nothing more will be told. */
  async close(): Promise<void> {
    if (this.#closed) return this.#ended;
    this.#closed = true;
    writeSync(this.#wake, ONE);
    await this.#ended;
    for (const fd of [...this.#channels.map((channel) => channel.fd), this.#wake]) closeSync(fd);
  }

  async #run(tell: (notices: readonly Notice[]) => void): Promise<void> {
    const fds = [...this.#channels.map(({ fd }) => fd), this.#wake];
    while (!this.#closed) {
      const ready = await readable(fds, this.#pollMs);
      if (this.#closed) return;
      const notices = this.#channels.filter(({ fd }) => ready.includes(fd)).flatMap((channel) => this.#read(channel));
      if (notices.length > 0) tell(notices);
    }
  }

  /**
   * Reads what there is, up to a bound. When the kernel had to drop a message, it drops every further one as well until all
   * that it holds has been read, and says so only once: that is told as lost when the end is reached.
   */
  #read(channel: Channel): Notice[] {
    const notices: Notice[] = [];
    for (let reads = 0; reads < READS_IN_A_ROW; reads++) {
      const messages = this.#receive(channel.fd);
      if (messages === 'nothing') {
        if (channel.lossy) notices.push({ kind: 'lost' });
        channel.lossy = false;
        break;
      }
      if (messages === 'lost') channel.lossy = true;
      else notices.push(...messages.flatMap((message) => channel.decode(message) ?? []));
    }
    return notices;
  }

  #receive(fd: number): Message[] | 'nothing' | 'lost' {
    try {
      const length = readSync(fd, this.#buffer, 0, READ_BUFFER, null);
      return readMessages(this.#buffer.subarray(0, length));
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'EAGAIN' ? 'nothing' : 'lost';
    }
  }
}

/** What an eventfd is written: a number of eight bytes. */
const ONE = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);

/** A socket that is in some multicast groups of a netlink family. Throws `kernel-refused`. */
function listen(family: number, groups: readonly number[]): number {
  const fd = socket(AF_NETLINK, SOCK_RAW_CLOEXEC_NONBLOCK, family);
  try {
    enlargeBuffer(fd);
    bind(fd, sockaddrNl(groups));
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function enlargeBuffer(fd: number): void {
  try {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
  } catch {
    // Inside a user namespace, as in a rootless test.
  }
}

/** struct sockaddr_nl: the kernel chooses the port, and the first 32 groups are bits. */
function sockaddrNl(groups: readonly number[]): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16LE(AF_NETLINK, 0);
  bytes.writeUInt32LE(groups.reduce((mask, group) => mask | (1 << (group - 1)), 0) >>> 0, 8);
  return bytes;
}
