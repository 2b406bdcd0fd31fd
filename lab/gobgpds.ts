import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE } from './machine/place.ts';

/** 4.x of a later Debian, which is what ships, or Debian 12's 3.10. */
export type GobgpdVersion = '3' | '4';

let told = false;

/**
 * The folder with the gobgpd and gobgp of a version, or undefined for those that are installed or unpacked with the other
 * packages, 3.10. They take the place of a 4.x that lab/setup/gobgpds.mjs could not fetch; that is said, once.
 */
export function gobgpdFolder(version: GobgpdVersion): string | undefined {
  if (version === '3') return undefined;
  const folder = join(CACHE, 'gobgpd/4/usr/bin');
  if (existsSync(folder)) return folder;
  if (!told) process.stderr.write(`lab: NO GOBGPD 4 in ${folder}, the lb nodes run 3.10; \`npm run lab\` fetches it\n`);
  told = true;
  return undefined;
}
