import type { GobgpApi } from '../bgp/gobgp.ts';
import { localPaths } from '../bgp/paths.ts';
import type { Config } from '../config/config.ts';
import type { Prefix } from '../model/address.ts';
import { deprioritised } from '../model/path.ts';
import type { Order } from './deadman.ts';

/**
 * Carries an order out on every path that gobgpd was given through its API. Rejects with `gobgpd-failed` where it does not
 * answer or refuses.
 * @returns the prefixes that were changed
 */
export async function act(
  order: Order,
  api: GobgpApi,
  config: Pick<Config, 'announcement' | 'bgp'>,
): Promise<Prefix[]> {
  // Before StartBgp gobgpd refuses to list anything.
  if ((await api.global()) === undefined) return [];
  return order === 'withdraw' ? withdraw(api) : deprioritise(api, config);
}

async function withdraw(api: GobgpApi): Promise<Prefix[]> {
  const prefixes = (await api.paths()).map(({ prefix }) => prefix);
  for (const prefix of prefixes) await api.deletePath(prefix);
  return prefixes;
}

async function deprioritise(
  api: GobgpApi,
  { announcement, bgp }: Pick<Config, 'announcement' | 'bgp'>,
): Promise<Prefix[]> {
  const paths = (await api.paths()).flatMap((held) => {
    const after = deprioritised(held, announcement.deprioritised);
    return after === held ? [] : [after];
  });
  for (const path of localPaths(paths, bgp)) await api.addPath(path);
  return paths.map(({ prefix }) => prefix);
}
