import { accessSync, constants, readdirSync } from 'node:fs';
import { acceptRa, IPV6_INTERFACES, type Sysctl } from '../dataplane/sysctl/want.ts';
import { textIn } from './look.ts';
import { defaultRoutesIn, type Network } from './network.ts';
import type { SettingFacts, Uplink } from './settings.ts';

const ROOT = '/proc/sys';

/** @param network undefined where nothing is known of it */
export function settingFacts(wanted: readonly Sysctl[], network: Network | undefined): SettingFacts {
  const advertised = (network?.routes ?? [])
    .filter(({ prefix, protocol }) => prefix === '::/0' && protocol === 'ra')
    .flatMap(({ hops }) => hops.map((hop) => hop.interface));
  return {
    actual: new Map(wanted.map(({ key }) => [key, textIn(`${ROOT}/${key}`)])),
    listening: new Map(interfaces().map((name) => [name, textIn(`${ROOT}/${acceptRa(name)}`)])),
    writable: wanted.every(({ key }) => isWritable(`${ROOT}/${key}`)),
    advertised,
  };
}

/** Those of these interfaces that are uplinks, with what decides about the way back. */
export const uplinksOf = (names: Iterable<string>, network: Network): Uplink[] =>
  [...new Set(names)].map((name) => ({
    name,
    all: reversePath('all'),
    own: reversePath(name),
    leadsBack: defaultRoutesIn(network.routes).some(
      ({ family, hops }) => family === 'ipv4' && hops.some((hop) => hop.interface === name),
    ),
  }));

const reversePath = (name: string): number => Number(textIn(`${ROOT}/net/ipv4/conf/${name}/rp_filter`) ?? 0);

const NO_UPLINKS: ReadonlySet<string> = new Set(['all', 'default', 'lo']);

function interfaces(): string[] {
  try {
    return readdirSync(`${ROOT}/${IPV6_INTERFACES}`).filter((name) => !NO_UPLINKS.has(name));
  } catch {
    return [];
  }
}

/** A setting that is not there yet says nothing. */
function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT';
  }
}
