import type { Prefix } from '../model/address.ts';
import type { Path } from '../model/path.ts';
import type { Global, Held, HeldPath, LocalPath } from './gobgp.ts';
import { sameSet } from './same-set.ts';
import type { WantedBgp } from './speaker.ts';

/** What makes one path of gobgpd's own another one. */
export type PathStep =
  | { readonly do: 'withdraw-path'; readonly prefix: Prefix }
  | { readonly do: 'announce-path'; readonly path: LocalPath };

/** Who announces: what a path says of its AS depends on it. */
export interface Speaking {
  readonly localAs: number;
  readonly peers: readonly { readonly as: number }[];
}

/**
 * The wanted paths as gobgpd is told of them. Our AS is prepended only where every session is eBGP: a peer of our own AS
 * would take such a path for a loop and drop it (RFC 4271 section 9.1.2), and there is one path for all peers.
 */
export function localPaths(paths: readonly Path[], { localAs, peers }: Speaking): LocalPath[] {
  const loops = peers.some(({ as }) => as === localAs);
  return paths.map(({ prefix, communities, largeCommunities = [], linkBandwidth, med, ...rest }) => ({
    prefix,
    nextHop: rest.nextHop,
    communities,
    largeCommunities,
    med,
    localPref: rest.localPref,
    asPath: Array.from({ length: loops ? 0 : (rest.prepend ?? 0) }, () => localAs),
    linkBandwidth: linkBandwidth === undefined ? undefined : { as: twoOctets(localAs), bytesPerSecond: linkBandwidth },
  }));
}

/** RFC 6793 section 9: AS_TRANS stands for an AS number of 32 bits where there is room for 16. */
const AS_TRANS = 23_456;

const twoOctets = (as: number): number => (as > 0xff_ff ? AS_TRANS : as);

/** The path that gobgpd was told of when it holds this one. */
export const pathOf = ({ asPath, linkBandwidth, localPref, nextHop, ...held }: HeldPath): Path => ({
  prefix: held.prefix,
  communities: held.communities,
  largeCommunities: held.largeCommunities,
  med: held.med,
  prepend: asPath.length,
  ...(nextHop === undefined ? {} : { nextHop }),
  ...(localPref === undefined ? {} : { localPref }),
  ...(linkBandwidth === undefined ? {} : { linkBandwidth: linkBandwidth.bytesPerSecond }),
});

/** Takes away whatever is not wanted. */
export const withdrawals = (wanted: readonly { prefix: Prefix }[], held: readonly Prefix[]): PathStep[] =>
  unwanted(wanted, held).map((prefix) => ({ do: 'withdraw-path', prefix }));

function unwanted(wanted: readonly { prefix: Prefix }[], held: readonly Prefix[]): Prefix[] {
  const stay = new Set(wanted.map(({ prefix }) => prefix));
  return held.filter((prefix) => !stay.has(prefix));
}

/** Announces what is not there as it is wanted. A path that differs is replaced by one UPDATE, without a withdrawal. */
export function announcements(wanted: readonly LocalPath[], held: readonly HeldPath[]): PathStep[] {
  const there = new Map(held.map((path) => [path.prefix, path]));
  return wanted
    .filter((path) => !samePath(path, there.get(path.prefix)))
    .map((path) => ({ do: 'announce-path', path }));
}

/** What is known of a gobgpd without reading it again. */
export type Known = Pick<Held, 'global' | 'paths'>;

/**
 * What takes a gobgpd to `wanted`, which has passed `checkWanted`, without a look at it, which is to follow: withdrawals
 * first, and of every prefix that it may hold, since one too many does nothing. Nothing where the paths are to be left as they
 * are, and for a gobgpd that runs for another AS or not at all.
 *
 * @param mayHold every prefix that gobgpd had when it was last read, or was told of since
 */
export function pathSteps({ global, paths }: Known, wanted: WantedBgp, mayHold: readonly Prefix[]): PathStep[] {
  if (wanted.paths === undefined || global === undefined || !isFor(wanted, global)) return [];
  return [...withdrawals(wanted.paths, mayHold), ...announcements(localPaths(wanted.paths, wanted), paths)];
}

/** What is known after such steps, if gobgpd has taken them. */
export function knownAfter({ global, paths }: Known, steps: readonly PathStep[]): Known {
  const announced = steps.flatMap((step) => (step.do === 'announce-path' ? [{ ...step.path, foreign: [] }] : []));
  const touched = new Set(steps.map((step) => (step.do === 'announce-path' ? step.path.prefix : step.prefix)));
  return { global, paths: [...paths.filter(({ prefix }) => !touched.has(prefix)), ...announced] };
}

/** Since when (milliseconds of `performance.now()`) each prefix is one that gobgpd may hold and is not to. */
export type Leaving = ReadonlyMap<Prefix, number>;

/** @param mayHold every prefix that gobgpd had when it was last read, or was told of since */
export const leavingStep = (
  before: Leaving,
  mayHold: readonly Prefix[],
  wanted: Pick<WantedBgp, 'paths'> | undefined,
  now: number,
): Leaving =>
  new Map(
    wanted?.paths === undefined
      ? []
      : unwanted(wanted.paths, mayHold).map((prefix) => [prefix, before.get(prefix) ?? now] as const),
  );

/** Since when the first of them is; undefined where there is none. */
export const leavingSince = (leaving: Leaving): number | undefined =>
  leaving.size === 0 ? undefined : [...leaving.values()].reduce((first, since) => Math.min(first, since));

/** Whether a gobgpd runs as what is wanted: only a restart changes that. */
export const isFor = ({ localAs, routerId }: WantedBgp, global: Global): boolean =>
  global.as === localAs && global.routerId === routerId;

/** Communities are a set on the wire (RFC 1997, RFC 8092 section 4): their order says nothing. */
const samePath = (wanted: LocalPath, held: HeldPath | undefined): boolean =>
  held !== undefined &&
  held.foreign.length === 0 &&
  wanted.nextHop === held.nextHop &&
  wanted.med === held.med &&
  wanted.localPref === held.localPref &&
  wanted.asPath.join() === held.asPath.join() &&
  sameBandwidth(wanted.linkBandwidth, held.linkBandwidth) &&
  sameSet(wanted.communities.map(canonicalCommunity), held.communities.map(canonicalCommunity)) &&
  sameSet(wanted.largeCommunities.map(canonicalCommunity), held.largeCommunities.map(canonicalCommunity));

/** It travels as a float of 32 bits. */
const sameBandwidth = (a: LocalPath['linkBandwidth'], b: LocalPath['linkBandwidth']): boolean =>
  a?.as === b?.as && Math.fround(a?.bytesPerSecond ?? 0) === Math.fround(b?.bytesPerSecond ?? 0);

/** `065:01` and `65:1` are the same number on the wire. */
const canonicalCommunity = (text: string): string => text.split(':').map(Number).join(':');
