import {
  type Family,
  familyOf,
  isHostPrefix,
  parseAddress,
  parsePrefix,
  prefixAddress,
  prefixContains,
} from '../model/address.ts';
import type { Path } from '../model/path.ts';
import type { WantedBgp } from './speaker.ts';
import { isWithin, peerProblem } from './wanted-peer.ts';

/** The part of a wanted value that gobgpd can be given, and a sentence for each part that it cannot. */
export interface Checked {
  readonly wanted: WantedBgp;
  readonly problems: readonly string[];
}

/**
 * Leaves out what gobgpd would take without a word and turn into something else, and what cannot get past the export
 * policy. Each part that is left out has its sentence; the rest goes on without it.
 */
export function checkWanted(wanted: WantedBgp): Checked {
  const ranges = sift(wanted.ranges, String, prefixProblem);
  const hosts = sift(wanted.hosts, String, prefixProblem);
  const accept = sift(wanted.accept, String, prefixProblem);
  const owned = { ranges: ranges.kept, hosts: hosts.kept };
  const paths = sift(
    wanted.paths ?? [],
    ({ prefix }) => `path ${prefix}`,
    (path) => pathProblem(path, owned),
  );
  const peers = sift(wanted.peers, ({ address }) => `peer ${address}`, peerProblem);
  const kept = { ...owned, accept: accept.kept, paths: wanted.paths && paths.kept, peers: peers.kept };
  return {
    wanted: { ...wanted, ...kept },
    problems: [ranges, hosts, accept, paths, peers].flatMap(({ problems }) => problems),
  };
}

function sift<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
  problemOf: (item: T) => string | undefined,
): { kept: T[]; problems: string[] } {
  const kept = new Map<string, T>();
  const problems: string[] = [];
  for (const item of items) {
    const name = nameOf(item);
    const problem = problemOf(item) ?? (kept.has(name) ? 'expected once, found again' : undefined);
    if (problem === undefined) kept.set(name, item);
    else problems.push(`${name}: ${problem}`);
  }
  return { kept: [...kept.values()], problems };
}

/** gobgpd 3.10 takes 10.0.0.0/33 without an error and announces `<nil>/33`. */
const prefixProblem = (prefix: string): string | undefined =>
  parsePrefix(prefix) === prefix ? undefined : 'expected a canonical prefix';

type Owned = Pick<WantedBgp, 'hosts' | 'ranges'>;

function pathProblem(path: Path, owned: Owned): string | undefined {
  const { nextHop, prefix } = path;
  if (prefixProblem(prefix) !== undefined) return prefixProblem(prefix);
  if (!isOwned(prefix, owned)) {
    return 'expected one of the ranges, or a single address that may be announced: the export policy lets nothing else out';
  }
  return nextHopProblem(familyOf(prefix), nextHop) ?? attributesProblem(path);
}

const isOwned = (prefix: string, { hosts, ranges }: Owned): boolean =>
  ranges.includes(prefix) || hosts.some((host) => isHostPrefix(prefix) && prefixContains(host, prefixAddress(prefix)));

/** Nothing stands for "this end of the session" in IPv6, so a path of IPv6 has to say where it leads. */
function nextHopProblem(family: Family, nextHop: string | undefined): string | undefined {
  if (nextHop === undefined && family === 'ipv4') return undefined;
  const good = nextHop !== undefined && familyOf(nextHop) === family && parseAddress(nextHop) === nextHop;
  const name = family === 'ipv4' ? 'IPv4' : 'IPv6';
  return good ? undefined : `expected a canonical ${name} address as next hop, found ${nextHop ?? 'none'}`;
}

function attributesProblem(path: Path): string | undefined {
  const { communities, largeCommunities = [], linkBandwidth, localPref, med, prepend = 0 } = path;
  const community = communities.find((text) => !isCommunity(text));
  if (community !== undefined) return `expected communities as 0..65535:0..65535 (RFC 1997), found ${community}`;
  const large = largeCommunities.find((text) => !isLargeCommunity(text));
  if (large !== undefined) return `expected large communities as three numbers of 32 bits (RFC 8092), found ${large}`;
  if (med !== undefined && !isWithin(med, 0, 0xff_ff_ff_ff)) return `expected a MED of 32 bits, found ${med}`;
  if (localPref !== undefined && !isWithin(localPref, 0, 0xff_ff_ff_ff)) {
    return `expected a LOCAL_PREF of 32 bits, found ${localPref}`;
  }
  if (!isWithin(prepend, 0, MOST_PREPENDED)) {
    return `expected our AS prepended 0..${MOST_PREPENDED} times, found ${prepend}`;
  }
  return linkBandwidth === undefined || (linkBandwidth > 0 && Number.isFinite(Math.fround(linkBandwidth)))
    ? undefined
    : `expected a link bandwidth above 0 bytes per second, found ${linkBandwidth}`;
}

/** Enough to lose against the path of any other node, deprioritised on top: more can only be a slip. */
const MOST_PREPENDED = 20;

const isCommunity = (text: string): boolean =>
  /^\d{1,5}:\d{1,5}$/.test(text) && text.split(':').every((half) => isWithin(Number(half), 0, 0xff_ff));

const isLargeCommunity = (text: string): boolean =>
  /^\d{1,10}:\d{1,10}:\d{1,10}$/.test(text) &&
  text.split(':').every((part) => isWithin(Number(part), 0, 0xff_ff_ff_ff));
