import type { Prefix } from '../model/address.ts';
import type { Path } from '../model/path.ts';
import type { HeldPath, LocalPath } from './gobgp.ts';
import type { WantedBgp } from './speaker.ts';

/** What makes one path of gobgpd's own another one. */
export type PathStep =
  | { readonly do: 'withdraw-path'; readonly prefix: Prefix }
  | { readonly do: 'announce-path'; readonly path: LocalPath };

type Speaking = Pick<WantedBgp, 'localAs' | 'peers'>;

/**
 * The wanted paths as gobgpd is told of them. Our AS is prepended only where every session is eBGP: a peer of our own AS
 * would take such a path for a loop and drop it (RFC 4271 section 9.1.2), and there is one path for all peers.
 */
export function localPaths(paths: readonly Path[], { localAs, peers }: Speaking): LocalPath[] {
  const loops = peers.some(({ as }) => as === localAs);
  return paths.map(({ prepend = 0, ...path }) => ({
    ...path,
    asPath: Array.from({ length: loops ? 0 : prepend }, () => localAs),
  }));
}

/** Takes away whatever is not wanted. */
export const withdrawals = (wanted: readonly { prefix: Prefix }[], held: readonly Prefix[]): PathStep[] =>
  held
    .filter((prefix) => !wanted.some((path) => path.prefix === prefix))
    .map((prefix) => ({ do: 'withdraw-path', prefix }));

/** Announces what is not there as it is wanted. A path that differs is replaced by one UPDATE, without a withdrawal. */
export const announcements = (wanted: readonly LocalPath[], held: readonly HeldPath[]): PathStep[] =>
  wanted.filter((path) => !held.some((other) => samePath(path, other))).map((path) => ({ do: 'announce-path', path }));

/** Communities are a set on the wire (RFC 1997): their order says nothing. */
const samePath = (wanted: LocalPath, held: HeldPath): boolean =>
  wanted.prefix === held.prefix &&
  wanted.nextHop === held.nextHop &&
  wanted.med === held.med &&
  held.foreign.length === 0 &&
  wanted.asPath.join() === held.asPath.join() &&
  sameSet(wanted.communities.map(canonicalCommunity), held.communities.map(canonicalCommunity));

/** `065:01` and `65:1` are the same number on the wire. */
const canonicalCommunity = (text: string): string => text.split(':').map(Number).join(':');

export const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  new Set(a).size === new Set(b).size && a.every((item) => b.includes(item));
