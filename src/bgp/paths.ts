import type { Prefix } from '../model/address.ts';
import type { Path } from '../model/path.ts';
import type { Global, Held, HeldPath, LocalPath } from './gobgp.ts';
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

/** Whether there is a prefix that gobgpd may hold and is not to. */
export const isWithdrawing = (mayHold: readonly Prefix[], { paths }: Pick<WantedBgp, 'paths'>): boolean =>
  paths !== undefined && withdrawals(paths, mayHold).length > 0;

/** Whether a gobgpd runs as what is wanted: only a restart changes that. */
export const isFor = ({ localAs, routerId }: WantedBgp, global: Global): boolean =>
  global.as === localAs && global.routerId === routerId;

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
