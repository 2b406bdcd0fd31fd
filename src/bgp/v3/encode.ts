import { familyOf, type Prefix, prefixAddress, prefixLength } from '../../model/address.ts';
import {
  type Any,
  AsPathAttribute,
  type Codec,
  CommunitiesAttribute,
  ExtendedCommunitiesAttribute,
  type Init,
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
  toBytes,
} from '../gen/gobgp-v3.ts';
import type { LocalPath, Neighbor } from '../gobgp.ts';
import {
  type AttributeMessage,
  checkPrefix,
  encodeAttributes,
  type ExtendedCommunityMessage,
} from '../messages/attributes.ts';
import { encodePeerSettings, UNICAST } from '../messages/peer-settings.ts';

export const TYPE_URL = 'type.googleapis.com/apipb.';

/** A path of ours with its attributes. @throws FairleadError for a prefix or an attribute that is none */
export const encodePath = (path: LocalPath): Init<PathMessage> => ({
  family: UNICAST[familyOf(path.prefix)],
  nlri: encodePrefix(path.prefix),
  pattrs: encodeAttributes(path).flatMap((attribute) => encodeAttribute(attribute, path.prefix)),
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

/** A whole peer with all we want of it, BFD aside, which this API does not know. */
export const encodePeer = (peer: Neighbor): Init<PeerMessage> => encodePeerSettings(peer);

function encodePrefix(prefix: Prefix): Any {
  checkPrefix(prefix);
  return any('IPAddressPrefix', IPAddressPrefix, { prefix: prefixAddress(prefix), prefixLen: prefixLength(prefix) });
}

/** Each attribute travels as bytes with the name of its message. */
function encodeAttribute(attribute: AttributeMessage, prefix: Prefix): Any[] {
  const { communities, extendedCommunities, largeCommunities, localPref, mpReach, multiExitDisc } = attribute;
  const reach = mpReach && { ...mpReach, family: UNICAST[familyOf(prefix)], nlris: [encodePrefix(prefix)] };
  const extended = extendedCommunities && { communities: extendedCommunities.communities.flatMap(encodeExtended) };
  return [
    ...anyOf('OriginAttribute', OriginAttribute, attribute.origin),
    ...anyOf('AsPathAttribute', AsPathAttribute, attribute.asPath),
    ...anyOf('NextHopAttribute', NextHopAttribute, attribute.nextHop),
    ...anyOf('MultiExitDiscAttribute', MultiExitDiscAttribute, multiExitDisc),
    ...anyOf('LocalPrefAttribute', LocalPrefAttribute, localPref),
    ...anyOf('CommunitiesAttribute', CommunitiesAttribute, communities),
    ...anyOf('MpReachNLRIAttribute', MpReachNLRIAttribute, reach),
    ...anyOf('ExtendedCommunitiesAttribute', ExtendedCommunitiesAttribute, extended),
    ...anyOf('LargeCommunitiesAttribute', LargeCommunitiesAttribute, largeCommunities),
  ];
}

const encodeExtended = ({ linkBandwidth }: ExtendedCommunityMessage): Any[] =>
  anyOf('LinkBandwidthExtended', LinkBandwidthExtended, linkBandwidth);

const anyOf = <M>(name: string, codec: Codec<M>, message: Init<M> | undefined): Any[] =>
  message === undefined ? [] : [any(name, codec, message)];

function any<M>(name: string, codec: Codec<M>, message: Init<M>): Any {
  return { typeUrl: `${TYPE_URL}${name}`, value: toBytes(codec, message) };
}
