import { isUnknown } from './finding.ts';
import type { Group } from './group.ts';
import { mtuFindings, OVERHEAD } from './mtu.ts';

export const mtuGroup: Group = async ({ config, network: reading, peers, ranges }) => {
  const network = await reading;
  if (isUnknown(network)) throw new Error(network.problem);
  const names = new Set((await peers).ways.values().map((way) => way?.interface));
  return mtuFindings({
    uplinks: network.links.filter(({ name }) => names.has(name) && name !== 'lo'),
    tunnels: network.links.filter(({ kind }) => kind !== undefined && OVERHEAD.has(kind)),
    ipv6: (await ranges).some((range) => range.includes(':')),
    mssClamp: config.dataplane.mode === 'none' ? undefined : config.dataplane.mssClamp,
  });
};
