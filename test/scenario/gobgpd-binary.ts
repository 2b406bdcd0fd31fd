import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CACHE, LAB_ROOT } from '../../lab/machine/place.ts';
import type { ApiVersion } from '../../src/bgp/gobgp.ts';

/** A gobgpd to test against. */
export interface GobgpdBinary {
  readonly file: string;
  /** As it says itself: `4.8.0`. */
  readonly version: string;
  readonly api: ApiVersion;
}

const UNPACKED = join(LAB_ROOT, 'usr/bin');

/** The gobgpd to test against: $FAIRLEAD_GOBGPD, else of the PATH, else what the set-up step has unpacked. */
export function gobgpdBinary(): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), UNPACKED];
  const candidates = [process.env['FAIRLEAD_GOBGPD'] ?? [], folders.map((folder) => join(folder, 'gobgpd'))].flat();
  const found = candidates.find((file) => existsSync(file));
  if (found === undefined) throw new Error(`expected gobgpd in the PATH or in ${UNPACKED}, found none`);
  return found;
}

/** What the set-up step unpacks of later Debians, by the version it is there for. */
const LATER = ['3.36', '4'];

const laterFile = (folder: string): string => join(CACHE, 'gobgpd', folder, 'usr/bin/gobgpd');

/** Every gobgpd there is, the default first. Those of later Debians are left out where they could not be had. */
export function gobgpds(): GobgpdBinary[] {
  return [gobgpdBinary(), ...LATER.map(laterFile).filter((file) => existsSync(file))].map((file) => {
    const version = /\d+\.\d+\S*/.exec(execFileSync(file, ['--version'], { encoding: 'utf8' }))?.[0] ?? 'unknown';
    return { file, version, api: version.startsWith('3.') ? 'v3' : 'v4' };
  });
}

/** The versions that could not be had: who leaves something out for want of them has to say so. */
export const missingGobgpds = (): string[] => LATER.filter((folder) => !existsSync(laterFile(folder)));
