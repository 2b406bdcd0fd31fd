import { familyOf, type Prefix, prefixAddress, prefixLength } from '../../model/address.ts';
import type { Attribute, Init, NLRI, Path as PathMessage, Peer as PeerMessage } from '../gen/gobgp-v4.ts';
import type { LocalPath, Neighbor } from '../gobgp.ts';
import { type AttributeMessage, checkPrefix, encodeAttributes } from '../messages/attributes.ts';
import { encodePeerSettings, UNICAST } from '../messages/peer-settings.ts';

const MICROSECONDS = 1000;

/** A path of ours with its attributes. @throws FairleadError for a prefix or an attribute that is none */
export const encodePath = (path: LocalPath): Init<PathMessage> => ({
  family: UNICAST[familyOf(path.prefix)],
  nlri: encodePrefix(path.prefix),
  pattrs: encodeAttributes(path).map((attribute) => encodeAttribute(attribute, path.prefix)),
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

/** A whole peer with all we want of it. */
export const encodePeer = (peer: Neighbor): Init<PeerMessage> => ({
  ...encodePeerSettings(peer),
  bfd: peer.bfd && {
    enabled: true,
    desiredMinimumTxInterval: peer.bfd.intervalMs * MICROSECONDS,
    requiredMinimumReceive: peer.bfd.intervalMs * MICROSECONDS,
    detectionMultiplier: peer.bfd.multiplier,
  },
});

function encodePrefix(prefix: Prefix): Init<NLRI> {
  checkPrefix(prefix);
  return { prefix: { prefix: prefixAddress(prefix), prefixLen: prefixLength(prefix) } };
}

/** RFC 4760 section 3: MP_REACH_NLRI names what it leads to. */
const encodeAttribute = ({ mpReach, ...attribute }: AttributeMessage, prefix: Prefix): Init<Attribute> =>
  mpReach === undefined
    ? attribute
    : { mpReach: { ...mpReach, family: UNICAST[familyOf(prefix)], nlris: [encodePrefix(prefix)] } };
