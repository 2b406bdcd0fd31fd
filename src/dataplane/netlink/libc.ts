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
const eventfdCall = libc.func('int eventfd(unsigned int, int)');
const pollCall = libc.func('int poll(void *, unsigned long, int)');
const unshareCall = libc.func('int unshare(int)');
const setnsCall = libc.func('int setns(int, int)');
const adjtimexCall = libc.func('int adjtimex(void *)');

/** struct timex, with room to spare; all zeros asks and changes nothing (adjtimex(2)). */
const TIMEX = 256;
const TIME_ERROR = 5;
const EFD_CLOEXEC_NONBLOCK = 0o2000000 | 0o4000;
const POLLIN = 1;
/** struct pollfd: the descriptor, what is asked for, what came about. */
const POLLFD = 8;
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

/** Whether the kernel knows of a time service that keeps its clock. Throws `kernel-refused`. */
export const isClockKept = (): boolean => succeed('adjtimex', adjtimexCall(Buffer.alloc(TIMEX))) !== TIME_ERROR;

/** A descriptor that another part of this process makes readable by writing eight bytes. Throws `kernel-refused`. */
export const eventfd = (): number => succeed('eventfd', eventfdCall(0, EFD_CLOEXEC_NONBLOCK));

/**
 * Waits in a thread of libuv's pool until one of the descriptors can be read: libuv itself can only wait for sockets that
 * it knows, and netlink is none of them. Occupies that thread until it ends, so do not call it twice at a time.
 *
 * @returns those that can be read or are broken; none when the time is over
 */
export function readable(fds: readonly number[], timeoutMs: number): Promise<number[]> {
  const set = Buffer.alloc(fds.length * POLLFD);
  for (const [index, fd] of fds.entries()) {
    set.writeInt32LE(fd, index * POLLFD);
    set.writeInt16LE(POLLIN, index * POLLFD + 4);
  }
  return new Promise((resolve) => {
    pollCall.async(set, fds.length, timeoutMs, () =>
      resolve(fds.filter((_, index) => set.readInt16LE(index * POLLFD + 6) !== 0)),
    );
  });
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
