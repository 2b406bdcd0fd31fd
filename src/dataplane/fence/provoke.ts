import { closeSync, readSync, writeSync } from 'node:fs';
import { familyOf } from '../../model/address.ts';
import { bind, connect, setsockopt, socket } from '../netlink/libc.ts';
import {
  type Connection,
  decodeAnswer,
  encodeReset,
  encodeSocketAddress,
  encodeStraySyn,
  type Endpoint,
} from './codec.ts';
import { FENCE_MARK } from './want.ts';

const AF = { ipv4: 2, ipv6: 10 } as const;
const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0o2000000 | 0o4000;
const IPPROTO_TCP = 6;
/** Whoever sends brings his own IP header, and receives nothing (raw(7)). */
const IPPROTO_RAW = 255;
const SOL_SOCKET = 1;
const SO_MARK = 36;
const PACKET = 65_535;
/** A peer is some routers away at most. */
const ANSWER_MS = 50;

/**
 * Makes both ends of a connection send a packet now, which the rules of the fence answer by a reset that each of them has
 * to take. Without, that would have to wait for their next keepalive. Throws `kernel-refused`.
 */
export function provoke({ local, remote }: Connection): void {
  send(encodeStraySyn(local, remote), remote, local);
  // To this node in the name of the peer.
  send(encodeStraySyn(remote, local), local);
}

/**
 * The same where no rules stand yet: what the peer expects next is heard here, and the reset written by hand. The end on
 * this side then speaks to a peer that knows nothing of it, and is reset in turn. Rejects with `kernel-refused`.
 * @returns whether the peer has been reset, or has no such connection
 */
export async function resetPeer(connection: Connection): Promise<boolean> {
  const { local, remote } = connection;
  const ear = open(IPPROTO_TCP, remote, local);
  try {
    send(encodeStraySyn(local, remote), remote, local);
    const answer = await hear(ear, connection);
    if (answer === undefined) return false;
    if (answer !== 'gone') send(encodeReset(local, remote, answer), remote, local);
    send(encodeStraySyn(remote, local), local);
    return true;
  } finally {
    closeSync(ear);
  }
}

async function hear(ear: number, connection: Connection): Promise<ReturnType<typeof decodeAnswer>> {
  const packet = Buffer.alloc(PACKET);
  for (const end = performance.now() + ANSWER_MS; performance.now() < end; await pause(1)) {
    for (let length = read(ear, packet); length > 0; length = read(ear, packet)) {
      const answer = decodeAnswer(packet.subarray(0, length), connection);
      if (answer !== undefined) return answer;
    }
  }
  return undefined;
}

/** 0 where nothing has come. */
function read(ear: number, packet: Buffer): number {
  try {
    return readSync(ear, packet);
  } catch {
    return 0;
  }
}

/** @param own the source, where it is this node itself */
function send(packet: Buffer, to: Endpoint, own?: Endpoint): void {
  const fd = open(IPPROTO_RAW, to, own);
  try {
    writeSync(fd, packet);
  } finally {
    closeSync(fd);
  }
}

/** A raw socket that speaks to an address, and hears nobody else. */
function open(protocol: number, to: Endpoint, own: Endpoint | undefined): number {
  const fd = socket(AF[familyOf(to.address)], SOCK_RAW_CLOEXEC_NONBLOCK, protocol);
  try {
    setsockopt(fd, SOL_SOCKET, SO_MARK, FENCE_MARK);
    if (own) bind(fd, encodeSocketAddress(own.address));
    connect(fd, encodeSocketAddress(to.address));
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
