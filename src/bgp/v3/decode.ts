import { parseAddress, parsePrefix, type Prefix } from '../../model/address.ts';
import type { SessionState } from '../../model/path.ts';
import {
  type Any,
  AsPathAttribute,
  CommunitiesAttribute,
  type Destination,
  ExtendedCommunitiesAttribute,
  fromBytes,
  IPAddressPrefix,
  LargeCommunitiesAttribute,
  LinkBandwidthExtended,
  LocalPrefAttribute,
  MpReachNLRIAttribute,
  MultiExitDiscAttribute,
  NextHopAttribute,
  OriginAttribute,
  type Path as PathMessage,
  type Peer as PeerMessage,
  PeerState_SessionState,
} from '../gen/gobgp-v3.ts';
import type { AcceptedPath, HeldPath, HeldPeer } from '../gobgp.ts';
import {
  type AttributeMessage,
  decodeAttributes,
  decodePrefix,
  type ExtendedCommunityMessage,
  isOwn,
} from '../messages/attributes.ts';
import { decodePeerSettings } from '../messages/peer-settings.ts';
import { TYPE_URL } from './encode.ts';

const STATES: ReadonlyMap<number, SessionState> = new Map([
  [PeerState_SessionState.IDLE, 'idle'],
  [PeerState_SessionState.CONNECT, 'connect'],
  [PeerState_SessionState.ACTIVE, 'active'],
  [PeerState_SessionState.OPENSENT, 'opensent'],
  [PeerState_SessionState.OPENCONFIRM, 'openconfirm'],
  [PeerState_SessionState.ESTABLISHED, 'established'],
]);

/** A peer, or undefined where gobgpd left out what tells it from others. */
export function decodePeer(message: PeerMessage | undefined): HeldPeer | undefined {
  const settings = message && decodePeerSettings(message);
  if (message === undefined || settings === undefined) return undefined;
  const state = STATES.get(message.state?.sessionState ?? 0) ?? 'unknown';
  return { ...settings, state, bfdState: undefined, lastError: undefined };
}

/** The prefix of a destination, or undefined for what is none, such as `<nil>/33`. */
export const decodeDestination = (destination: Destination | undefined): Prefix | undefined =>
  parsePrefix(destination?.prefix ?? '');

/** The path of a destination that came through the API, or undefined where there is only what peers have sent. */
export function decodeLocalPath(destination: Destination | undefined): HeldPath | undefined {
  const path = destination?.paths.find(isOwn);
  const prefix = path && prefixOf(path, destination);
  if (path === undefined || prefix === undefined) return undefined;
  const attributes = path.pattrs.map((attribute) => ({ attribute, read: decodeAttribute(attribute) }));
  const unread = attributes.flatMap(({ attribute, read }) => (read === undefined ? [attribute.typeUrl] : []));
  return decodeAttributes(
    prefix,
    attributes.flatMap(({ read }) => read ?? []),
    unread,
  );
}

/** The paths of a destination that came from peers. */
export const decodeAccepted = (destination: Destination | undefined): AcceptedPath[] =>
  (destination?.paths ?? []).flatMap((path) => {
    const prefix = prefixOf(path, destination);
    const from = parseAddress(path.neighborIp) ?? path.neighborIp;
    return isOwn(path) || prefix === undefined ? [] : [{ prefix, from }];
  });

function prefixOf({ nlri }: PathMessage, destination: Destination | undefined): Prefix | undefined {
  const isPrefix = nlri?.typeUrl === `${TYPE_URL}IPAddressPrefix`;
  const message = isPrefix ? readable(() => fromBytes(IPAddressPrefix, nlri.value)) : undefined;
  return (message && decodePrefix(message)) ?? decodeDestination(destination);
}

/** One attribute, or undefined for one that we do not know or cannot read. */
const decodeAttribute = ({ typeUrl, value }: Any): AttributeMessage | undefined =>
  readable(() => {
    switch (typeUrl.replace(TYPE_URL, '')) {
      case 'OriginAttribute':
        return { origin: fromBytes(OriginAttribute, value) };
      case 'AsPathAttribute':
        return { asPath: fromBytes(AsPathAttribute, value) };
      case 'NextHopAttribute':
        return { nextHop: fromBytes(NextHopAttribute, value) };
      case 'MultiExitDiscAttribute':
        return { multiExitDisc: fromBytes(MultiExitDiscAttribute, value) };
      case 'LocalPrefAttribute':
        return { localPref: fromBytes(LocalPrefAttribute, value) };
      case 'CommunitiesAttribute':
        return { communities: fromBytes(CommunitiesAttribute, value) };
      case 'MpReachNLRIAttribute':
        return { mpReach: fromBytes(MpReachNLRIAttribute, value) };
      case 'ExtendedCommunitiesAttribute':
        return {
          extendedCommunities: {
            communities: fromBytes(ExtendedCommunitiesAttribute, value).communities.map(decodeExtended),
          },
        };
      case 'LargeCommunitiesAttribute':
        return { largeCommunities: fromBytes(LargeCommunitiesAttribute, value) };
      default:
        return undefined;
    }
  });

const decodeExtended = ({ typeUrl, value }: Any): ExtendedCommunityMessage =>
  typeUrl === `${TYPE_URL}LinkBandwidthExtended` ? { linkBandwidth: fromBytes(LinkBandwidthExtended, value) } : {};

/** Bytes that are no message make google-protobuf throw. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
