import { type Family, familyOf, parseAddress, parsePrefix } from '../model/address.ts';
import type { Path, Peer } from '../model/path.ts';
import type { WantedBgp } from './speaker.ts';

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
  const ranges = sift(wanted.ranges, (range) => range, rangeProblem);
  const paths = sift(
    wanted.paths ?? [],
    ({ prefix }) => `path ${prefix}`,
    (path) => pathProblem(path, ranges.kept),
  );
  const peers = sift(wanted.peers, ({ address }) => `peer ${address}`, peerProblem);
  return {
    wanted: { ...wanted, ranges: ranges.kept, paths: wanted.paths && paths.kept, peers: peers.kept },
    problems: [...ranges.problems, ...paths.problems, ...peers.problems],
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
const rangeProblem = (range: string): string | undefined =>
  parsePrefix(range) === range ? undefined : 'expected a canonical prefix';

function pathProblem(
  { prefix, nextHop, communities, med, prepend = 0 }: Path,
  ranges: readonly string[],
): string | undefined {
  if (rangeProblem(prefix) !== undefined) return rangeProblem(prefix);
  if (!ranges.includes(prefix)) return 'expected one of the ranges: the export policy lets nothing else out';
  if (nextHopProblem(familyOf(prefix), nextHop) !== undefined) return nextHopProblem(familyOf(prefix), nextHop);
  const community = communities.find((text) => !isCommunity(text));
  if (community !== undefined) return `expected communities as 0..65535:0..65535 (RFC 1997), found ${community}`;
  if (med !== undefined && !isWithin(med, 0, 0xff_ff_ff_ff)) return `expected a MED of 32 bits, found ${med}`;
  if (!isWithin(prepend, 0, MOST_PREPENDED))
    return `expected our AS prepended 0..${MOST_PREPENDED} times, found ${prepend}`;
  return undefined;
}

/** Enough to lose against the path of any other node: more can only be a slip. */
const MOST_PREPENDED = 10;

function nextHopProblem(family: Family, nextHop: string | undefined): string | undefined {
  if (family === 'ipv4') return nextHop === undefined ? undefined : `expected no next hop for IPv4, found ${nextHop}`;
  const good = nextHop !== undefined && familyOf(nextHop) === 'ipv6' && parseAddress(nextHop) === nextHop;
  return good ? undefined : `expected a canonical IPv6 address as next hop, found ${nextHop ?? 'none'}`;
}

const isCommunity = (text: string): boolean =>
  /^\d{1,5}:\d{1,5}$/.test(text) && text.split(':').every((half) => isWithin(Number(half), 0, 0xff_ff));

/** gobgpd takes a hold time of 0 for its default of 90 seconds, and accepts 1 and 2, which RFC 4271 section 4.2 forbids. */
function peerProblem({ address, as, holdTimeSeconds, port }: Peer): string | undefined {
  if (parseAddress(address) !== address || familyOf(address) !== 'ipv4') return 'expected a canonical IPv4 address';
  if (!isWithin(as, 1, 0xff_ff_ff_fe)) return `expected an AS number of 1..4294967294, found ${as}`;
  if (!isWithin(holdTimeSeconds, 3, 0xff_ff)) return `expected a hold time of 3..65535 s, found ${holdTimeSeconds}`;
  if (!isWithin(port, 1, 0xff_ff)) return `expected a port of 1..65535, found ${port}`;
  return undefined;
}

const isWithin = (value: number, min: number, max: number): boolean =>
  Number.isInteger(value) && value >= min && value <= max;
