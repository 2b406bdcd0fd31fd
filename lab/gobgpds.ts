import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE } from './machine/place.ts';

/** 4.x of a later Debian, which is what ships, or Debian 12's 3.10. */
export type GobgpdVersion = '3' | '4';

/** The gobgpd of the lb nodes. */
export interface Gobgpd {
  readonly version: GobgpdVersion;
  /** The folder with gobgpd and gobgp; undefined for those that are installed or unpacked with the other packages. */
  readonly folder: string | undefined;
}

const PACKAGED: Gobgpd = { version: '3', folder: undefined };

let told = false;

/** Where a gobgpd is. 3.10 takes the place of a 4.x that lab/setup/gobgpds.mjs could not fetch; that is said, once. */
export function findGobgpd(wanted: GobgpdVersion): Gobgpd {
  if (wanted === '3') return PACKAGED;
  const folder = join(CACHE, 'gobgpd/4/usr/bin');
  if (existsSync(folder)) return { version: '4', folder };
  if (!told) process.stderr.write(`lab: NO GOBGPD 4 in ${folder}: THE LB NODES RUN 3.10; \`npm run lab\` fetches it\n`);
  told = true;
  return PACKAGED;
}
