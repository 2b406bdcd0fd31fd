import { apply, type Outcome } from './apply.ts';
import type { GobgpApi, Held, HeldPeer } from './gobgp.ts';
import { peerStatuses } from './peer-status.ts';
import { plan, type Step } from './plan.ts';
import { readAccepted, readAdvertised, readHeld } from './read.ts';
import type { Seen, WantedBgp } from './speaker.ts';
import { checkWanted } from './wanted.ts';

/** What one pass found and did. */
export interface Pass {
  readonly state: Seen;
  /** What gobgpd was read back with. */
  readonly held: Held;
  readonly outcomes: readonly Outcome[];
}

/** What has been before. */
export interface Memory {
  /** Whether a step is not to be taken, whatever it would put right. */
  readonly isFutile: (step: Step) => boolean;
  /** What of a wanted value is wanted at the moment, by the peers that gobgpd holds. */
  readonly forNow: (wanted: WantedBgp, held: readonly HeldPeer[]) => WantedBgp;
}

/**
 * Reads a gobgpd, plans, applies and reads back. Without a wanted value it only reads.
 *
 * @param isCurrent whether `wanted` still is what is wanted: if not, no more steps are taken
 * @param memory what a pass alone does not know
 * @throws CallError where gobgpd does not answer, or does not know the calls; a refused step is part of the state
 */
export async function reconcileOnce(
  api: GobgpApi,
  wanted: WantedBgp | undefined,
  isCurrent: () => boolean,
  memory: Memory,
): Promise<Pass> {
  const before = await readHeld(api);
  if (wanted === undefined) return { state: await stateOf(api, before, [], undefined), held: before, outcomes: [] };
  const checked = checkWanted(wanted);
  const meant = memory.forNow(checked.wanted, before.peers);
  const steps = plan(meant, before, api.version).steps.filter((step) => !memory.isFutile(step));
  const outcomes = await apply(api, steps, isCurrent);
  const after = steps.length === 0 ? before : await readHeld(api);
  const rest = plan(meant, after, api.version);
  const refused = outcomes.flatMap(({ step, error }) => (error ? `${subjectOf(step)}: ${error.message}` : []));
  const problems = [
    ...checked.problems,
    ...rest.problems,
    ...(refused.length > 0 ? refused : rest.steps.map(leftOver)),
  ];
  return { state: await stateOf(api, after, problems, checked.wanted), held: after, outcomes };
}

async function stateOf(
  api: GobgpApi,
  held: Held,
  problems: readonly string[],
  wanted: WantedBgp | undefined,
): Promise<Seen> {
  const [advertised, accepted] = await Promise.all([
    readAdvertised(api, held.peers),
    readAccepted(api, held, wanted?.accept ?? []),
  ]);
  return {
    reachable: true,
    silent: false,
    version: api.version,
    problem: problems.length === 0 ? undefined : problems.join('; '),
    inSync: wanted !== undefined && problems.length === 0,
    prefixes: held.paths.map(({ prefix }) => prefix).toSorted(),
    peers: peerStatuses(held, wanted, { advertised, accepted }, api.version),
  };
}

const leftOver = (step: Step): string =>
  'differs' in step
    ? `${subjectOf(step)}: expected its ${step.differs.join(', ')} in gobgpd after the call, read back another`
    : `${subjectOf(step)}: expected it in gobgpd after the call, read back without it`;

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
    case 'replace-peer':
    case 'update-peer':
    case 'add-peer':
      return `peer ${step.peer.address}`;
    case 'set-policies':
    case 'refresh-peers':
      return 'policies';
  }
}
