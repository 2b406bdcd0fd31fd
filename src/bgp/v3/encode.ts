import {
  type Address,
  type Family,
  familyOf,
  parsePrefix,
  type Prefix,
  prefixAddress,
  prefixLength,
} from '../../model/address.ts';
import { FairleadError } from '../../model/error.ts';
import {
  type Any,
  AsPathAttribute,
  AsSegment_Type,
  type Codec,
  CommunitiesAttribute,
  Family_Afi,
  Family_Safi,
  type Global as GlobalMessage,
  type Init,
  IPAddressPrefix,
  MpReachNLRIAttribute,
  MultiExitDiscAttribute,
  NextHopAttribute,
  OriginAttribute,
  type Path as PathMessage,
  type Peer as PeerMessage,
  toBytes,
} from '../gen/gobgp-v3.ts';
import type { Global, LocalPath, Neighbor } from '../gobgp.ts';

export const UNICAST = {
  ipv4: { afi: Family_Afi.AFI_IP, safi: Family_Safi.SAFI_UNICAST },
  ipv6: { afi: Family_Afi.AFI_IP6, safi: Family_Safi.SAFI_UNICAST },
} as const satisfies Record<Family, object>;
export const TYPE_URL = 'type.googleapis.com/apipb.';
/** gobgpd puts this end of each session in its place: for IPv4 only. */
export const THIS_END = '0.0.0.0';
/** RFC 4271 section 5.1.1: the path comes from inside our AS. */
export const ORIGIN_IGP = 0;

/**
 * Seconds. gobgpd's own 120 and 30 would keep a session down for minutes. 3.x tries first after 5 to 10 s whatever it is given,
 * and never more often than every 5 s; 4.x takes 1 s. A switch that dials by itself is let in at once by each of them. 3.10
 * ignores the second one and keeps its 30.
 */
const CONNECT_RETRY = 1;
const IDLE_HOLD_AFTER_RESET = 5;

export const encodeGlobal = ({ as, routerId, listenPort, listenAddresses }: Global): Init<GlobalMessage> => ({
  asn: as,
  routerId,
  listenPort,
  listenAddresses,
});

/**
 * A path of ours: origin IGP, its AS path, next hop, communities and MED.
 * @throws FairleadError for a prefix that is none, and for IPv6 without a next hop
 */
export const encodePath = ({ asPath, prefix, nextHop, communities, med }: LocalPath): Init<PathMessage> => ({
  family: UNICAST[familyOf(prefix)],
  nlri: encodePrefix(prefix),
  pattrs: [
    any('OriginAttribute', OriginAttribute, { origin: ORIGIN_IGP }),
    ...(asPath.length === 0 ? [] : [encodeAsPath(asPath)]),
    encodeNextHop(prefix, nextHop),
    ...(communities.length === 0 ? [] : [encodeCommunities(communities)]),
    ...(med === undefined ? [] : [any('MultiExitDiscAttribute', MultiExitDiscAttribute, { med })]),
  ],
});

/**
 * What takes a path away, whatever its attributes. The prefix is never left out: gobgpd takes a DeletePath without one as
 * an order to delete every path.
 * @throws FairleadError for a prefix that is none
 */
export const encodeWithdrawal = (prefix: Prefix): Init<PathMessage> => ({
  family: UNICAST[familyOf(prefix)],
  nlri: encodePrefix(prefix),
  isWithdraw: true,
});

/** A whole peer with all we want of it: gobgpd fills what is missing with defaults of its own. */
export const encodePeer = ({ address, as, families, holdTimeSeconds, port }: Neighbor): Init<PeerMessage> => ({
  conf: { neighborAddress: address, peerAsn: as },
  timers: {
    config: {
      holdTime: holdTimeSeconds,
      // RFC 4271 section 10: one third of the hold time.
      keepaliveInterval: Math.floor(holdTimeSeconds / 3),
      connectRetry: CONNECT_RETRY,
      idleHoldTimeAfterReset: IDLE_HOLD_AFTER_RESET,
    },
  },
  transport: { remotePort: port },
  afiSafis: families.map((family) => ({ config: { family: UNICAST[family], enabled: true } })),
});

/** gobgpd 3.10 takes 10.0.0.0/33 and announces `<nil>/33`, so nothing unchecked may reach it. */
function encodePrefix(prefix: Prefix): Any {
  if (parsePrefix(prefix) !== prefix) {
    throw new FairleadError('gobgpd-failed', `AddPath or DeletePath: expected a canonical prefix, got ${prefix}`);
  }
  return any('IPAddressPrefix', IPAddressPrefix, { prefix: prefixAddress(prefix), prefixLen: prefixLength(prefix) });
}

/**
 * RFC 4760 section 3 for IPv6. Nothing stands for "this end" there: over an IPv4 session gobgpd takes `::` for the IPv4
 * address of this end.
 */
function encodeNextHop(prefix: Prefix, nextHop: Address | undefined): Any {
  if (familyOf(prefix) === 'ipv4') return any('NextHopAttribute', NextHopAttribute, { nextHop: THIS_END });
  if (nextHop === undefined) {
    throw new FairleadError('gobgpd-failed', `AddPath: expected an IPv6 next hop for ${prefix}, got none`);
  }
  const reach = { family: UNICAST.ipv6, nextHops: [nextHop], nlris: [encodePrefix(prefix)] };
  return any('MpReachNLRIAttribute', MpReachNLRIAttribute, reach);
}

const encodeAsPath = (numbers: readonly number[]): Any =>
  any('AsPathAttribute', AsPathAttribute, { segments: [{ type: AsSegment_Type.AS_SEQUENCE, numbers }] });

const encodeCommunities = (communities: readonly string[]): Any =>
  any('CommunitiesAttribute', CommunitiesAttribute, { communities: communities.map(communityNumber) });

/** RFC 1997: the AS in the high 16 bits, its value in the low. */
function communityNumber(community: string): number {
  const [as = 0, value = 0] = community.split(':').map(Number);
  return as * 0x1_00_00 + value;
}

function any<M>(name: string, codec: Codec<M>, message: Init<M>): Any {
  return { typeUrl: `${TYPE_URL}${name}`, value: toBytes(codec, message) };
}
