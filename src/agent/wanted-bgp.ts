import type { WantedBgp } from '../bgp/speaker.ts';
import type { Config } from '../config/config.ts';
import { type Address, familyOf, hostPrefix, type Prefix } from '../model/address.ts';
import { type Attributes, deprioritised, type Path, type Peer } from '../model/path.ts';
import type { Announcement } from '../model/status.ts';
import { announceable } from './next-hop.ts';

/** What is known of this node and its cluster beyond the configuration. */
export interface AnnouncedFrom {
  /** The ranges that this node can serve. */
  readonly ranges: readonly Prefix[];
  /** The single addresses of Services that it serves beside them. */
  readonly addresses: readonly Address[];
  readonly peers: readonly Peer[];
  /** Of which not all is known yet. */
  readonly pending: readonly Address[];
  /** Of IPv6 paths; undefined to announce none of them. */
  readonly nextHopIPv6: Address | undefined;
  /** Bytes per second; undefined to leave it out. */
  readonly linkBandwidth: number | undefined;
}

/**
 * What gobgpd is to hold. An agent that is still starting leaves the paths as it finds them: what an earlier one
 * announced goes on, unless a check fails.
 */
export function wantedBgp(config: Config, from: AnnouncedFrom, state: Announcement): WantedBgp {
  const { accept, listenAddresses, listenPort, localAs, routerId } = config.bgp;
  const { peers, pending, ranges } = from;
  const hosts = announcedHosts(config);
  const settings = { localAs, routerId, listenAddresses, listenPort, peers, pending, ranges, hosts, accept };
  return { ...settings, paths: pathsIn(state, () => fullPaths(config, from), config.announcement) };
}

/** The prefixes of which single addresses may be announced: those of each kind that is on. */
export function announcedHosts({ announcement, dataplane }: Pick<Config, 'announcement' | 'dataplane'>): Prefix[] {
  const { externalIPs, loadBalancerIPs } = announcement.services;
  return [
    ...new Set([...(externalIPs ? dataplane.externalIPs : []), ...(loadBalancerIPs ? dataplane.loadBalancerIPs : [])]),
  ];
}

function fullPaths({ announcement, bgp }: Config, from: AnnouncedFrom): Path[] {
  const { addresses, linkBandwidth, nextHopIPv6, ranges } = from;
  const nextHops = { ipv4: bgp.nextHopIPv4, ipv6: nextHopIPv6 };
  const pathTo = (prefix: Prefix, attributes: Attributes): Path => {
    const nextHop = nextHops[familyOf(prefix)];
    return { prefix, ...attributes, ...(nextHop && { nextHop }), ...(linkBandwidth && { linkBandwidth }) };
  };
  const hosts = announceable(addresses.map(hostPrefix), nextHopIPv6);
  return [
    ...announceable(ranges, nextHopIPv6).map((range) =>
      pathTo(range, announcement.attributes[range] ?? announcement.otherAttributes),
    ),
    ...hosts.map((host) => pathTo(host, announcement.services.attributes)),
  ];
}

function pathsIn(
  state: Announcement,
  full: () => readonly Path[],
  { deprioritised: by }: Config['announcement'],
): WantedBgp['paths'] {
  if (state.state === 'announced') return full();
  if (state.state === 'deprioritised') return full().map((path) => deprioritised(path, by));
  return state.reason === 'starting' ? undefined : [];
}
