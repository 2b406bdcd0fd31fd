import { type Address, formatAddress } from '../model/address.ts';
import type { Listener } from './gobgpd.ts';

/** A socket of /proc/net/tcp or /proc/net/udp that waits for others; the inode leads to its process. */
export interface Socket extends Omit<Listener, 'owner'> {
  readonly inode: string;
}

/** TCP_LISTEN, and TCP_CLOSE, in which a socket of UDP is that is connected to nobody (include/net/tcp_states.h). */
const WAITING = { tcp: '0A', udp: '07' } as const;

/** The lines below the head of /proc/net/tcp, tcp6, udp or udp6. */
export const parseSockets = (protocol: Listener['protocol'], text: string): Socket[] =>
  text.split('\n').flatMap((line) => {
    const [, bytes, port, state, inode] =
      /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ ([0-9A-F]{2}) \S+ \S+ \S+ +\d+ +\d+ (\d+) /.exec(line) ?? [];
    if (bytes === undefined || port === undefined || inode === undefined || state !== WAITING[protocol]) return [];
    return [{ protocol, address: addressOf(bytes), port: Number.parseInt(port, 16), inode }];
  });

/** Words of 32 bits, each in the byte order of the machine, which is little endian wherever this runs. */
const addressOf = (hex: string): Address => formatAddress(Buffer.from(hex, 'hex').swap32());

/** The paths of unix sockets that somebody listens on, out of /proc/net/unix: the flag is __SO_ACCEPTCON. */
export const parseUnixListeners = (text: string): string[] =>
  Array.from(text.matchAll(/^\S+: \S+ \S+ 00010000 \S+ \S+ +\d+ (.+)$/gm), ([, path = '']) => path);
