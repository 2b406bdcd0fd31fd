import type { Prefix } from '../model/address.ts';
import type { Peer, PeerStatus } from '../model/path.ts';
import { apply, type Outcome } from './apply.ts';
import type { GobgpApi, Held } from './gobgp.ts';
import { plan, type Step } from './plan.ts';
import { readAdvertised, readHeld } from './read.ts';
import type { Seen, WantedBgp } from './speaker.ts';
import { checkWanted } from './wanted.ts';

/** What one pass found and did. */
export interface Pass {
  readonly state: Seen;
  /** What gobgpd was read back with. */
  readonly held: Held;
  readonly outcomes: readonly Outcome[];
}

/**
 * Reads a gobgpd, plans, applies and reads back. Without a wanted value it only reads.
 *
 * @param isCurrent whether `wanted` still is what is wanted: if not, no more steps are taken
 * @throws CallError where gobgpd does not answer, or does not know the calls; a refused step is part of the state
 */
export async function reconcileOnce(
  api: GobgpApi,
  wanted: WantedBgp | undefined,
  isCurrent: () => boolean,
): Promise<Pass> {
  const before = await readHeld(api);
  if (wanted === undefined) return { state: await stateOf(api, before, [], undefined), held: before, outcomes: [] };
  const checked = checkWanted(wanted);
  const { steps } = plan(checked.wanted, before);
  const outcomes = await apply(api, steps, isCurrent);
  const after = steps.length === 0 ? before : await readHeld(api);
  const rest = plan(checked.wanted, after);
  const refused = outcomes.flatMap(({ step, error }) => (error ? `${subjectOf(step)}: ${error.message}` : []));
  const problems = [
    ...checked.problems,
    ...rest.problems,
    ...(refused.length > 0 ? refused : rest.steps.map(leftOver)),
  ];
  return { state: await stateOf(api, after, problems, checked.wanted.peers), held: after, outcomes };
}

async function stateOf(
  api: GobgpApi,
  held: Held,
  problems: readonly string[],
  wanted: readonly Peer[] | undefined,
): Promise<Seen> {
  return {
    reachable: true,
    silent: false,
    problem: problems.length === 0 ? undefined : problems.join('; '),
    inSync: wanted !== undefined && problems.length === 0,
    prefixes: held.paths.map(({ prefix }) => prefix).toSorted(),
    peers: peerStatuses(held, wanted ?? [], await readAdvertised(api, held.peers)),
  };
}

/** Every peer gobgpd has, and every one it should have and has not. */
function peerStatuses(
  held: Held,
  wanted: readonly Peer[],
  advertised: ReadonlyMap<string, readonly Prefix[]>,
): PeerStatus[] {
  const missing = wanted.filter(({ address }) => !held.peers.some((peer) => peer.address === address));
  return [...held.peers, ...missing.map(({ address, as }) => ({ address, as, state: 'unknown' as const }))]
    .map(({ address, as, state }) => ({ address, as, state, advertised: advertised.get(address)?.toSorted() ?? [] }))
    .toSorted((a, b) => (a.address < b.address ? -1 : 1));
}

const leftOver = (step: Step): string =>
  `${subjectOf(step)}: expected it in gobgpd after the call, read back without it`;

/** What a step is about, in the words of the log. */
function subjectOf(step: Step): string {
  switch (step.do) {
    case 'start-bgp':
      return `AS ${step.global.as}`;
    case 'withdraw-path':
      return `path ${step.prefix}`;
    case 'announce-path':
      return `path ${step.path.prefix}`;
    case 'delete-peer':
      return `peer ${step.address}`;
    case 'replace-peer':
    case 'add-peer':
      return `peer ${step.peer.address}`;
    case 'set-policies':
    case 'refresh-peers':
      return 'policies';
  }
}
