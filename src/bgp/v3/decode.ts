import { FAMILIES, type Family, parseAddress, parsePrefix, type Prefix } from '../../model/address.ts';
import type { SessionState } from '../../model/path.ts';
import {
  type Any,
  AsPathAttribute,
  type AsSegment,
  AsSegment_Type,
  type Codec,
  CommunitiesAttribute,
  type Destination,
  fromBytes,
  type Global as GlobalMessage,
  IPAddressPrefix,
  MpReachNLRIAttribute,
  MultiExitDiscAttribute,
  NextHopAttribute,
  OriginAttribute,
  type Path as PathMessage,
  type Peer as PeerMessage,
} from '../gen/gobgp-v3.ts';
import type { Global, HeldPath, HeldPeer } from '../gobgp.ts';
import { ORIGIN_IGP, THIS_END, TYPE_URL, UNICAST } from './encode.ts';

/** gobgpd answers GetBgp before StartBgp as well, with AS 0. */
export function decodeGlobal(message: GlobalMessage | undefined): Global | undefined {
  if (message === undefined || message.asn === 0) return undefined;
  const { asn, routerId, listenPort, listenAddresses } = message;
  return { as: asn, routerId, listenPort, listenAddresses };
}

const STATES: readonly SessionState[] = [
  'unknown',
  'idle',
  'connect',
  'active',
  'opensent',
  'openconfirm',
  'established',
];

const carries = ({ afiSafis }: PeerMessage, family: Family): boolean =>
  afiSafis.some(({ config }) => {
    const { afi, safi } = UNICAST[family];
    return config?.enabled && config.family?.afi === afi && config.family.safi === safi;
  });

/** A peer, or undefined where gobgpd left out what tells it from others. */
export function decodePeer(message: PeerMessage | undefined): HeldPeer | undefined {
  const address = message?.conf?.neighborAddress || message?.state?.neighborAddress;
  if (message === undefined || address === undefined || address === '') return undefined;
  return {
    address: parseAddress(address) ?? address,
    as: message.conf?.peerAsn || message.state?.peerAsn || 0,
    holdTimeSeconds: message.timers?.config?.holdTime ?? 0,
    port: message.transport?.remotePort ?? 0,
    families: FAMILIES.filter((family) => carries(message, family)),
    state: STATES[message.state?.sessionState ?? 0] ?? 'unknown',
  };
}

/** The prefix of a destination, or undefined for what is none, such as `<nil>/33`. */
export const decodeDestination = (destination: Destination | undefined): Prefix | undefined =>
  parsePrefix(destination?.prefix ?? '');

/** The path of a destination that came through the API, or undefined where there is only what peers have sent. */
export function decodeLocalPath(destination: Destination | undefined): HeldPath | undefined {
  const path = destination?.paths.find(isLocal);
  const prefix = (path && nlriPrefix(path)) ?? decodeDestination(destination);
  if (path === undefined || prefix === undefined) return undefined;
  const reach = attribute(path, 'MpReachNLRIAttribute', MpReachNLRIAttribute);
  return {
    prefix,
    asPath: attribute(path, 'AsPathAttribute', AsPathAttribute)?.segments.flatMap(({ numbers }) => numbers) ?? [],
    ...(reach && { nextHop: reach.nextHops.map((text) => parseAddress(text) ?? text).join(' ') }),
    communities: attribute(path, 'CommunitiesAttribute', CommunitiesAttribute)?.communities.map(communityText) ?? [],
    med: attribute(path, 'MultiExitDiscAttribute', MultiExitDiscAttribute)?.med,
    foreign: path.pattrs.flatMap((attr) => foreignPart(attr) ?? []),
  };
}

/** What gobgpd writes for the neighbour of a path of its own: 3.x the first, later versions the others. */
const NO_NEIGHBOR: ReadonlySet<string> = new Set(['<nil>', '', 'invalid IP']);

const isLocal = ({ neighborIp }: PathMessage): boolean => NO_NEIGHBOR.has(neighborIp);

function nlriPrefix(path: PathMessage): Prefix | undefined {
  if (path.nlri?.typeUrl !== `${TYPE_URL}IPAddressPrefix`) return undefined;
  const { prefix, prefixLen } = fromBytes(IPAddressPrefix, path.nlri.value);
  return parsePrefix(`${prefix}/${prefixLen}`);
}

function attribute<M>(path: PathMessage, name: string, codec: Codec<M>): M | undefined {
  const found = path.pattrs.find(({ typeUrl }) => typeUrl === `${TYPE_URL}${name}`);
  return found && fromBytes(codec, found.value);
}

/** What makes a path another one than ours would be; undefined for an attribute as we send it. */
function foreignPart({ typeUrl, value }: Any): string | undefined {
  switch (typeUrl.replace(TYPE_URL, '')) {
    case 'CommunitiesAttribute':
    case 'MultiExitDiscAttribute':
    case 'MpReachNLRIAttribute':
      return undefined;
    case 'OriginAttribute':
      return unless(fromBytes(OriginAttribute, value).origin, ORIGIN_IGP, 'origin');
    case 'NextHopAttribute':
      return unless(fromBytes(NextHopAttribute, value).nextHop, THIS_END, 'next hop');
    case 'AsPathAttribute':
      return fromBytes(AsPathAttribute, value).segments.every(isSequence) ? undefined : 'AS path with a set';
    default:
      return typeUrl;
  }
}

const isSequence = ({ type }: AsSegment): boolean => type === AsSegment_Type.AS_SEQUENCE;

const unless = <T>(found: T, ours: T, name: string): string | undefined =>
  found === ours ? undefined : `${name} ${String(found)}`;

const communityText = (community: number): string => `${community >>> 16}:${community & 0xff_ff}`;
