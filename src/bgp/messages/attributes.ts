import { type Address, familyOf, parseAddress, parsePrefix, type Prefix } from '../../model/address.ts';
import { FairleadError } from '../../model/error.ts';
import type { HeldPath, LocalPath } from '../gobgp.ts';
import {
  communityNumber,
  communityText,
  type LargeCommunityMessage,
  largeCommunityParts,
  largeCommunityText,
} from './communities.ts';

/** A path attribute of GoBGP's: one member each. Both versions of its API carry the same messages, in wrappings of their own. */
export interface AttributeMessage {
  readonly origin?: { readonly origin: number };
  readonly asPath?: { readonly segments: readonly SegmentMessage[] };
  readonly nextHop?: { readonly nextHop: string };
  readonly multiExitDisc?: { readonly med: number };
  readonly localPref?: { readonly localPref: number };
  readonly communities?: { readonly communities: readonly number[] };
  readonly mpReach?: { readonly nextHops: readonly string[] };
  readonly extendedCommunities?: { readonly communities: readonly ExtendedCommunityMessage[] };
  readonly largeCommunities?: { readonly communities: readonly LargeCommunityMessage[] };
}

interface SegmentMessage {
  readonly type: number;
  readonly numbers: readonly number[];
}

/** Empty for one that is no link bandwidth. */
export interface ExtendedCommunityMessage {
  readonly linkBandwidth?: { readonly asn: number; readonly bandwidth: number };
}

/** gobgpd puts this end of each session in its place: for IPv4 only. */
const THIS_END = '0.0.0.0';
/** RFC 4271 section 5.1.1: the path comes from inside our AS. */
const ORIGIN_IGP = 0;
/** RFC 4271 section 4.3, which both versions of the API write alike. */
const AS_SEQUENCE = 2;

/**
 * The attributes of a path of ours, all of origin IGP.
 * @throws FairleadError for a next hop of the other family, none for IPv6, and a text that is no community
 */
export const encodeAttributes = (path: LocalPath): AttributeMessage[] => [
  { origin: { origin: ORIGIN_IGP } },
  ...when(path.asPath, (numbers) => ({ asPath: { segments: [{ type: AS_SEQUENCE, numbers }] } })),
  nextHopAttribute(path.prefix, path.nextHop),
  ...when(path.med, (med) => ({ multiExitDisc: { med } })),
  ...when(path.localPref, (localPref) => ({ localPref: { localPref } })),
  ...when(path.communities, (texts) => ({ communities: { communities: texts.map(communityNumber) } })),
  ...when(path.linkBandwidth, ({ as, bytesPerSecond }) => ({
    extendedCommunities: { communities: [{ linkBandwidth: { asn: as, bandwidth: bytesPerSecond } }] },
  })),
  ...when(path.largeCommunities, (texts) => ({ largeCommunities: { communities: texts.map(largeCommunityParts) } })),
];

/** An attribute for a value that there is: not for undefined, and not for a list that is empty. */
const when = <T>(value: T | undefined, attribute: (value: T) => AttributeMessage): AttributeMessage[] =>
  value === undefined || (Array.isArray(value) && value.length === 0) ? [] : [attribute(value)];

/**
 * RFC 4760 section 3 for IPv6. Nothing stands for "this end" there: over an IPv4 session gobgpd takes `::` for the IPv4
 * address of this end.
 */
function nextHopAttribute(prefix: Prefix, nextHop: Address | undefined): AttributeMessage {
  const family = familyOf(prefix);
  if (nextHop === undefined ? family === 'ipv6' : familyOf(nextHop) !== family) {
    const expected = `${family === 'ipv6' ? 'an IPv6' : 'an IPv4'} next hop for ${prefix}`;
    throw new FairleadError('gobgpd-failed', `AddPath: expected ${expected}, got ${nextHop ?? 'none'}`);
  }
  return nextHop !== undefined && family === 'ipv6'
    ? { mpReach: { nextHops: [nextHop] } }
    : { nextHop: { nextHop: nextHop ?? THIS_END } };
}

/**
 * A path with the attributes that gobgpd reports of it.
 * @param unread names of those that are no `AttributeMessage`
 */
export function decodeAttributes(
  prefix: Prefix,
  attributes: readonly AttributeMessage[],
  unread: readonly string[],
): HeldPath {
  const all: AttributeMessage = Object.assign({}, ...attributes);
  return {
    prefix,
    nextHop: nextHopOf(all),
    asPath: all.asPath?.segments.flatMap(({ numbers }) => numbers) ?? [],
    communities: all.communities?.communities.map(communityText) ?? [],
    largeCommunities: all.largeCommunities?.communities.map(largeCommunityText) ?? [],
    med: all.multiExitDisc?.med,
    localPref: all.localPref?.localPref,
    linkBandwidth: linkBandwidthOf(all),
    foreign: [...foreignParts(all), ...unread],
  };
}

function nextHopOf({ mpReach, nextHop }: AttributeMessage): string | undefined {
  if (mpReach !== undefined) return mpReach.nextHops.map((text) => parseAddress(text) ?? text).join(' ');
  return nextHop === undefined || nextHop.nextHop === THIS_END ? undefined : nextHop.nextHop;
}

function linkBandwidthOf({ extendedCommunities }: AttributeMessage): LocalPath['linkBandwidth'] {
  const [found] = extendedCommunities?.communities.flatMap(({ linkBandwidth }) => linkBandwidth ?? []) ?? [];
  return found && { as: found.asn, bytesPerSecond: found.bandwidth };
}

/** What a path of ours never has. */
function foreignParts({ asPath, extendedCommunities, origin }: AttributeMessage): string[] {
  const sets = asPath?.segments.some(({ type }) => type !== AS_SEQUENCE) ?? false;
  const [, ...more] = extendedCommunities?.communities.filter(({ linkBandwidth }) => linkBandwidth !== undefined) ?? [];
  const others = extendedCommunities?.communities.filter(({ linkBandwidth }) => linkBandwidth === undefined) ?? [];
  return [
    ...(origin === undefined || origin.origin === ORIGIN_IGP ? [] : [`origin ${origin.origin}`]),
    ...(sets ? ['AS path with a set'] : []),
    ...more.map(() => 'another link bandwidth'),
    ...others.map(() => 'extended community'),
  ];
}

/** The prefix of a message that has one, as in `10.99.66.0/23`, or undefined for what is none, such as `<nil>/33`. */
export const decodePrefix = ({ prefix, prefixLen }: { prefix: string; prefixLen: number }): Prefix | undefined =>
  parsePrefix(`${prefix}/${prefixLen}`);

/** gobgpd 3.10 takes 10.0.0.0/33 and announces `<nil>/33`, so nothing unchecked may reach it. @throws FairleadError */
export function checkPrefix(prefix: Prefix): void {
  if (parsePrefix(prefix) === prefix) return;
  throw new FairleadError('gobgpd-failed', `AddPath or DeletePath: expected a canonical prefix, got ${prefix}`);
}

/** What gobgpd writes for the neighbour of a path of its own: 3.x the first, later versions the others. */
const NO_NEIGHBOR: ReadonlySet<string> = new Set(['<nil>', '', 'invalid IP']);

/** Whether a path came through the API and not from a peer. */
export const isOwn = ({ neighborIp }: { readonly neighborIp: string }): boolean => NO_NEIGHBOR.has(neighborIp);
