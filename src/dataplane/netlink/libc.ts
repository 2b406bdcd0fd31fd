import { closeSync, openSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import koffi from 'koffi';
import { FairleadError } from '../../model/error.ts';

// The few system calls Node has no word for. Reading and writing a socket that is open once is plain node:fs.
// `load(null)` takes the symbols of the running process, so the same line works with glibc and with musl.
const libc = koffi.load(null);
const socketCall = libc.func('int socket(int, int, int)');
const setsockoptCall = libc.func('int setsockopt(int, int, int, void *, unsigned int)');
const getsockoptCall = libc.func('int getsockopt(int, int, int, void *, void *)');
const bindCall = libc.func('int bind(int, void *, unsigned int)');
const connectCall = libc.func('int connect(int, void *, unsigned int)');
const unshareCall = libc.func('int unshare(int)');
const setnsCall = libc.func('int setns(int, int)');

const CLONE_NEWNET = 0x40000000;
const OWN_NETNS = '/proc/thread-self/ns/net';

/** A file descriptor from socket(2). Throws `kernel-refused`. */
export const socket = (domain: number, type: number, protocol: number): number =>
  succeed('socket', socketCall(domain, type, protocol));

/** setsockopt(2) with an int. Throws `kernel-refused`. */
export function setsockopt(fd: number, level: number, name: number, value: number): void {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32LE(value);
  succeed('setsockopt', setsockoptCall(fd, level, name, buffer, buffer.length));
}

/** bind(2) to a struct sockaddr of the socket's family. Throws `kernel-refused`. */
export const bind = (fd: number, address: Buffer): void => void succeed('bind', bindCall(fd, address, address.length));

/** connect(2) to a struct sockaddr of the socket's family. Throws `kernel-refused`. */
export const connect = (fd: number, address: Buffer): void =>
  void succeed('connect', connectCall(fd, address, address.length));

/** getsockopt(2) into `buffer`, which may carry the question; returns the part the kernel wrote. Throws `kernel-refused`. */
export function getsockopt(fd: number, level: number, name: number, buffer: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(buffer.length);
  succeed('getsockopt', getsockoptCall(fd, level, name, buffer, length));
  return buffer.subarray(0, length.readUInt32LE());
}

/**
 * Makes a network namespace that lives as long as the returned descriptor: no name, no mount, nothing left behind
 * when this process dies. Needs CAP_SYS_ADMIN. Throws `kernel-refused`.
 */
export function createNetns(): number {
  const home = openSync(OWN_NETNS, 'r');
  try {
    succeed('unshare', unshareCall(CLONE_NEWNET));
    try {
      return openSync(OWN_NETNS, 'r');
    } finally {
      enter(home);
    }
  } finally {
    closeSync(home);
  }
}

/** Runs `work` with this thread inside a network namespace. `work` is synchronous: nothing else runs meanwhile. */
export function insideNetns<T>(netns: number, work: () => T): T {
  const home = openSync(OWN_NETNS, 'r');
  try {
    succeed('setns', setnsCall(netns, CLONE_NEWNET));
    try {
      return work();
    } finally {
      enter(home);
    }
  } finally {
    closeSync(home);
  }
}

/** Coming home must not fail: an agent in the wrong namespace would program the wrong kernel tables. */
function enter(netns: number): void {
  if (setnsCall(netns, CLONE_NEWNET) !== 0) process.abort();
}

function succeed(call: string, result: number): number {
  if (result >= 0) return result;
  const errno = koffi.errno();
  throw new FairleadError('kernel-refused', `${call}: ${getSystemErrorName(-errno)}`, {
    ...(errno === 1 && { hint: 'the agent needs CAP_NET_ADMIN, CAP_NET_RAW and CAP_SYS_ADMIN' }),
  });
}
