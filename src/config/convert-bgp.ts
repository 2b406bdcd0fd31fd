import type { Address } from '../model/address.ts';
import type { Attributes, Bfd, Deprioritisation, PeerAttributes } from '../model/path.ts';
import type { AnnouncementConfig, BgpConfig, NodeSelector, PeerConfig, WeightRule } from './config.ts';
import type { ConfigFile } from './schema.ts';
import type { WrittenAttributes } from './schema-paths.ts';

type Written = ConfigFile['announcement'];
type WrittenPeer = ConfigFile['bgp']['peers'][number];

/** What is announced, by range and for single addresses: a key that is written there takes the place of the one for all. */
export function toAnnouncement({ announcement, nodes, ranges, source }: ConfigFile): AnnouncementConfig {
  const { deprioritised, drain, services } = announcement;
  return {
    holdDownMs: announcement.holdDown,
    maxHoldDownMs: announcement.maxHoldDown,
    minimumAnnouncers: announcement.minimumAnnouncers,
    deprioritised: deprioritised satisfies Deprioritisation,
    stopWaitMs: announcement.stopWait,
    drain: {
      timeoutMs: drain.timeout,
      settleMs: drain.settle,
      excludeLabel: drain.excludeLabel,
      taints: drain.taints,
      // A directory of manifests knows no other nodes, so that nobody could be waited for.
      maxDraining: source.kind === 'manifests' ? 0 : drain.maxDraining,
    },
    attributes: Object.fromEntries(
      ranges === 'auto' ? [] : ranges.map((range) => [range.prefix, toAttributes(announcement, range)]),
    ),
    otherAttributes: toAttributes(announcement, {}),
    services: {
      externalIPs: services.externalIPs,
      loadBalancerIPs: services.loadBalancerIPs,
      attributes: toAttributes(announcement, services),
    },
    weight: toWeight(nodes, announcement.weight),
  };
}

function toAttributes(all: Written, own: WrittenAttributes): Attributes {
  const largeCommunities = own.largeCommunities ?? all.largeCommunities;
  const localPref = own.localPref ?? all.localPref;
  const prepend = own.prepend ?? all.prepend;
  return {
    communities: own.communities ?? all.communities,
    ...(largeCommunities.length > 0 && { largeCommunities }),
    med: own.med ?? all.med,
    ...(localPref !== undefined && { localPref }),
    ...(prepend > 0 && { prepend }),
  };
}

/** Those of single nodes before the one for all, which is the last that can hold. */
function toWeight(nodes: ConfigFile['nodes'], all: Written['weight']): WeightRule[] {
  return [
    ...nodes.map(({ weight, ...selector }) => ({ nodes: toSelector(selector), weight })),
    ...(all === undefined ? [] : [{ nodes: undefined, weight: all }]),
  ];
}

const toSelector = ({ labels, names }: NodeSelector): NodeSelector => ({ names, labels });

/** The sessions, with the router id that the file need not hold. */
export function toBgp(bgp: ConfigFile['bgp'], routerId: Address): BgpConfig {
  return {
    gobgp: bgp.gobgp,
    tls: bgp.tls && { ...bgp.tls, serverName: bgp.tls.serverName },
    localAs: bgp.localAs,
    routerId,
    nextHopIPv4: bgp.nextHopIPv4,
    nextHopIPv6: bgp.nextHopIPv6,
    listenAddresses: bgp.listenAddresses ?? [routerId],
    listenPort: bgp.listenPort,
    accept: bgp.accept,
    peers: bgp.peers.map(toPeer),
  };
}

function toPeer(peer: WrittenPeer): PeerConfig {
  const { attributes, gracefulRestart, localAddress, multihop } = peer;
  const bfd = toBfd(peer.bfd);
  const onTop = toOnTop(attributes);
  return {
    place: peer.place,
    nodes: peer.nodes && toSelector(peer.nodes),
    as: peer.as,
    port: peer.port,
    families: peer.families,
    holdTimeSeconds: peer.holdTime,
    // RFC 4271 section 10: one third of the hold time.
    keepaliveSeconds: peer.keepalive ?? Math.floor(peer.holdTime / 3),
    connectRetrySeconds: peer.connectRetry,
    passive: peer.passive,
    passwordFile: peer.passwordFile,
    ttlSecurity: peer.ttlSecurity,
    ...(localAddress !== undefined && { localAddress }),
    ...(multihop !== undefined && { multihopTtl: multihop }),
    ...(gracefulRestart && { gracefulRestart: { restartTimeSeconds: gracefulRestart.restartTime } }),
    ...(bfd && { bfd }),
    ...(onTop && { onTop }),
  };
}

const PRESETS: Readonly<Record<'100x3' | '300x3', Bfd>> = {
  '100x3': { intervalMs: 100, multiplier: 3 },
  '300x3': { intervalMs: 300, multiplier: 3 },
};

function toBfd(written: WrittenPeer['bfd']): Bfd | undefined {
  if (typeof written === 'string') return PRESETS[written];
  return written && { intervalMs: written.interval, multiplier: written.multiplier };
}

/** Undefined where a peer gets nothing of its own, so that no policy is made for it. */
function toOnTop(written: WrittenPeer['attributes']): PeerAttributes | undefined {
  if (written === undefined) return undefined;
  const { communities = [], largeCommunities = [], localPref, med = 0, prepend = 0 } = written;
  const none = communities.length + largeCommunities.length + med + prepend === 0 && localPref === undefined;
  return none ? undefined : { communities, largeCommunities, med, prepend, localPref };
}
