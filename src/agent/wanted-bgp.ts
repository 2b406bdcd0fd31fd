import type { WantedBgp } from '../bgp/speaker.ts';
import type { Config } from '../config/config.ts';
import type { Prefix } from '../model/address.ts';
import type { Announcement } from '../model/status.ts';

/**
 * What gobgpd is to hold. An agent that is still starting leaves the paths as it finds them: what an earlier one
 * announced goes on, unless a check fails.
 */
export function wantedBgp({ announcement, bgp }: Config, ranges: readonly Prefix[], state: Announcement): WantedBgp {
  const { communities, med } = announcement;
  const { listenAddresses, listenPort, localAs, peers, routerId } = bgp;
  const announced = ranges.map((prefix) => ({ prefix, communities, med }));
  return { localAs, routerId, listenAddresses, listenPort, peers, ranges, paths: pathsIn(state, announced) };
}

function pathsIn(state: Announcement, announced: NonNullable<WantedBgp['paths']>): WantedBgp['paths'] {
  if (state.state === 'announced') return announced;
  return state.reason === 'starting' ? undefined : [];
}
