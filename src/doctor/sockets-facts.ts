import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Listener } from './gobgpd.ts';
import { textIn } from './look.ts';
import { parseSockets, parseUnixListeners } from './sockets.ts';

/** Every socket of this network namespace that waits for others, with its process where that can be seen. */
export function readListeners(): Listener[] {
  const sockets = (['tcp', 'udp'] as const).flatMap((protocol) =>
    ['', '6'].flatMap((family) => parseSockets(protocol, readFile(`/proc/net/${protocol}${family}`))),
  );
  const owners = ownersOf(new Set(sockets.map(({ inode }) => `socket:[${inode}]`)));
  return sockets.map(({ inode, ...socket }) => ({ ...socket, owner: owners.get(`socket:[${inode}]`) }));
}

/** An abstract name begins with `@` here. */
export const isListening = (path: string): boolean => parseUnixListeners(readFile('/proc/net/unix')).includes(path);

/** Of a pod that shares the processes of nobody, only its own are seen. */
function ownersOf(wanted: ReadonlySet<string>): ReadonlyMap<string, { name: string; pid: number }> {
  const owners = new Map<string, { name: string; pid: number }>();
  for (const pid of list('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const fd of list(`/proc/${pid}/fd`)) {
      const target = linkOf(`/proc/${pid}/fd/${fd}`);
      if (wanted.has(target)) owners.set(target, { name: textIn(`/proc/${pid}/comm`) ?? '', pid: Number(pid) });
    }
  }
  return owners;
}

/** A process may end, or be another's, while it is looked at. */
function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
