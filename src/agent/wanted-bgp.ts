import type { WantedBgp } from '../bgp/speaker.ts';
import type { Config } from '../config/config.ts';
import { type Address, familyOf, type Prefix } from '../model/address.ts';
import { deprioritised, type Path } from '../model/path.ts';
import type { Announcement } from '../model/status.ts';
import { announceable } from './next-hop.ts';

/**
 * What gobgpd is to hold. An agent that is still starting leaves the paths as it finds them: what an earlier one
 * announced goes on, unless a check fails.
 *
 * @param nextHop of the IPv6 ranges; undefined to announce none of them
 */
export function wantedBgp(
  { announcement, bgp }: Config,
  ranges: readonly Prefix[],
  nextHop: Address | undefined,
  state: Announcement,
): WantedBgp {
  const { communities, med } = announcement;
  const { listenAddresses, listenPort, localAs, peers, routerId } = bgp;
  const announced = announceable(ranges, nextHop).map((prefix): Path => ({
    prefix,
    communities,
    med,
    ...(familyOf(prefix) === 'ipv6' && nextHop && { nextHop }),
  }));
  return {
    localAs,
    routerId,
    listenAddresses,
    listenPort,
    peers,
    ranges,
    paths: pathsIn(state, announced, announcement),
  };
}

function pathsIn(
  state: Announcement,
  paths: readonly Path[],
  { deprioritised: by }: Config['announcement'],
): WantedBgp['paths'] {
  if (state.state === 'announced') return paths;
  if (state.state === 'deprioritised') return paths.map((path) => deprioritised(path, by));
  return state.reason === 'starting' ? undefined : [];
}
