import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const CHECKOUT = resolve(import.meta.dirname, '../..');
export const CACHE = join(CHECKOUT, '.cache');
/** Debian packages, unpacked by lab/setup: the layer a machine puts over the root of this one. */
export const LAB_ROOT = join(CACHE, 'root');

/** Where a file of a Debian package is: unpacked by set-up, or installed on this machine. `path` starts below /. */
export const findFile = (path: string): string | undefined =>
  [join(LAB_ROOT, path), join('/', path)].find((candidate) => existsSync(candidate));

/** LD_LIBRARY_PATH for programs of unpacked packages that run on this machine, outside of the lab's own root. */
export function libraryPath(): string {
  const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  return join(LAB_ROOT, 'usr/lib', triplet);
}
