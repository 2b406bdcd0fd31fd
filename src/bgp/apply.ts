import { FairleadError } from '../model/error.ts';
import { CallError } from './client.ts';
import type { GobgpApi, HeldPeer } from './gobgp.ts';
import type { Step } from './plan.ts';

/** A step that was tried, and the error where it failed. */
export interface Outcome {
  readonly step: Step;
  readonly error: FairleadError | undefined;
}

type Take = { [Kind in Step['do']]: (api: GobgpApi, step: Extract<Step, { do: Kind }>) => Promise<void> };

const TAKE: Take = {
  'start-bgp': (api, { global }) => api.startBgp(global),
  'withdraw-path': (api, { prefix }) => api.deletePath(prefix),
  'set-policies': (api, { policies }) => api.setPolicies(policies),
  'refresh-peers': (api) => api.refreshPeers(),
  'announce-path': (api, { path }) => api.addPath(path),
  'delete-peer': (api, { peer }) => deletePeer(api, peer),
  // UpdatePeer goes on with the timers of the old session, and ends the session before 3.15 even where nothing changed
  // (gobgp #2659): deleting and adding is the only way that does the same everywhere.
  'replace-peer': async (api, { held, peer }) => {
    await deletePeer(api, held);
    await api.addPeer(peer);
  },
  'update-peer': (api, { peer }) => api.updatePeer(peer),
  'add-peer': (api, { peer }) => api.addPeer(peer),
};

/**
 * DeletePeer leaves the peer's password on the socket that gobgpd listens on, where it would keep the same peer out once it
 * comes without one. An update without a password takes it off.
 */
async function deletePeer(api: GobgpApi, { password, ...peer }: HeldPeer): Promise<void> {
  if (password) await api.updatePeer(peer);
  await api.deletePeer(peer.address);
}

/**
 * Takes steps in order, those of one kind together, since each is about another prefix or another peer: until a gobgpd
 * that is new has its peers, it turns away a switch that dials. One that fails stops only those that need it; the outcome
 * of each one tried is returned.
 *
 * @param isCurrent asked before each group: once the plan is for a value that is no longer wanted, no more of it is done
 */
export async function apply(api: GobgpApi, steps: readonly Step[], isCurrent: () => boolean): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const group of [...Map.groupBy(steps, (step) => step.do).values()].flatMap(inGroups)) {
    if (!isCurrent()) break;
    const failed = outcomes.filter(({ error }) => error !== undefined);
    const possible = group.filter((step) => !failed.some((earlier) => stops(earlier, step)));
    outcomes.push(...(await Promise.all(possible.map((step) => attempt(api, step)))));
  }
  return outcomes;
}

/**
 * So many calls are under way at a time. Of thousands gobgpd takes most before it answers the heartbeat, and would count as
 * silent: 5000 paths keep it for 2 s (measured with 3.10).
 */
const TOGETHER = 200;

/** Steps in groups, one behind the other, of those that are taken together. */
export const inGroups = <S>(steps: readonly S[]): S[][] =>
  Array.from({ length: Math.ceil(steps.length / TOGETHER) }, (_, index) =>
    steps.slice(index * TOGETHER, (index + 1) * TOGETHER),
  );

/** Without policies no peer: it would be sent, and would send us, everything. Without an answer nothing more is asked. */
function stops({ step, error }: Outcome, next: Step): boolean {
  if (error === undefined) return false;
  if (step.do === 'start-bgp' || (error instanceof CallError && error.unanswered)) return true;
  return step.do === 'set-policies' && (next.do === 'add-peer' || next.do === 'replace-peer');
}

/** Takes one step. Calls go out in the order in which steps are taken. */
export async function attempt(api: GobgpApi, step: Step): Promise<Outcome> {
  try {
    await take(api, step);
    return { step, error: undefined };
  } catch (error) {
    if (error instanceof FairleadError) return { step, error };
    throw error;
  }
}

function take<Kind extends Step['do']>(api: GobgpApi, step: Extract<Step, { do: Kind }>): Promise<void> {
  const kind: Kind = step.do;
  return TAKE[kind](api, step);
}
