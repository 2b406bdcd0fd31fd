import type { Address, Family } from '../model/address.ts';

/** A packet on its way through a firewall, as far as it is known beforehand. */
export interface Packet {
  readonly family: Family;
  readonly protocol: 'tcp' | 'udp';
  readonly source?: Address;
  readonly destination?: Address;
  readonly port?: number;
  readonly incoming?: string;
  /** Of conntrack: whether it is the first one of its connection, and which way it goes. */
  readonly state: 'new' | 'established';
  readonly direction: 'original' | 'reply';
  /** Where its connection was opened to. */
  readonly openedTo?: Address;
}

/** Whether a packet has what a rule asks for; undefined where that cannot be told. */
export type Match = (packet: Packet) => boolean | undefined;

export interface Rule {
  readonly matches: readonly Match[];
  /** What becomes of the packet; `none` for what only counts or marks it. */
  readonly verdict: 'accept' | 'drop' | 'return' | 'none' | { readonly chain: string; readonly back: boolean };
  /** As the tool prints it. */
  readonly text: string;
}

/** The chains of one table by their names. */
export type Chains = ReadonlyMap<string, readonly Rule[]>;

/** What becomes of a packet: `unclear` where it is dropped, unless a rule that cannot be judged lets it pass before. */
export interface Fate {
  readonly kind: 'passes' | 'dropped' | 'unclear';
  /** The rule or policy that it comes to. */
  readonly by: string;
}

/** A point where packets enter a table. */
export interface Entry {
  readonly chain: string;
  readonly policy: 'accept' | 'drop';
}

/** What a chain makes of a packet; undefined where its end is reached. */
interface Outcome {
  readonly verdict: 'accept' | 'drop' | undefined;
  readonly by: string;
  /** Whether a rule before that might have accepted it. */
  readonly doubtful: boolean;
}

/** Follows a packet through the rules, as the kernel does. */
export function fateOf(chains: Chains, { chain, policy }: Entry, packet: Packet): Fate {
  const { by, doubtful, verdict = policy } = walk(chains, chain, packet, 0);
  const kind = verdict === 'accept' ? 'passes' : doubtful ? 'unclear' : 'dropped';
  return { kind, by: by === '' ? `the policy of ${chain}` : by };
}

/** The kernel refuses loops of chains; a table that was read while it changed may show one. */
const DEEPEST = 32;

function walk(chains: Chains, name: string, packet: Packet, depth: number): Outcome {
  let doubtful = false;
  for (const rule of depth > DEEPEST ? [] : (chains.get(name) ?? [])) {
    const matched = allOf(rule.matches, packet);
    if (matched === false) continue;
    const inside = outcomeOf(chains, rule, packet, depth);
    doubtful ||= inside.doubtful || (matched === undefined && inside.verdict === 'accept');
    if (matched === undefined) continue;
    if (inside.verdict !== undefined) return { ...inside, doubtful };
    if (rule.verdict === 'return' || (typeof rule.verdict === 'object' && !rule.verdict.back)) break;
  }
  return { verdict: undefined, by: '', doubtful };
}

function outcomeOf(chains: Chains, { text, verdict }: Rule, packet: Packet, depth: number): Outcome {
  if (typeof verdict === 'object') return walk(chains, verdict.chain, packet, depth + 1);
  const ends = verdict === 'accept' || verdict === 'drop';
  return { verdict: ends ? verdict : undefined, by: text, doubtful: false };
}

function allOf(matches: readonly Match[], packet: Packet): boolean | undefined {
  const results = new Set(matches.map((match) => match(packet)));
  if (results.has(false)) return false;
  return results.has(undefined) ? undefined : true;
}

/** The same the other way round; what cannot be told stays so. */
export const not =
  (match: Match): Match =>
  (packet) => {
    const result = match(packet);
    return result === undefined ? undefined : !result;
  };

/** A rule that asks for something this cannot judge. */
export const unclear: Match = () => undefined;
