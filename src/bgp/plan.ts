import type { ApiVersion, Global, Held, Policies } from './gobgp.ts';
import { announcements, isFor, localPaths, type PathStep, withdrawals } from './paths.ts';
import { neighborOf, type PeerStep, peerSteps } from './peers.ts';
import { actAlike, type PolicyWish, samePolicies, wantedPolicies } from './policy.ts';
import { sameSet } from './same-set.ts';
import type { WantedBgp } from './speaker.ts';

/** One change to a gobgpd. */
export type Step =
  | PathStep
  | PeerStep
  | { readonly do: 'start-bgp'; readonly global: Global }
  | { readonly do: 'set-policies'; readonly policies: Policies }
  | { readonly do: 'refresh-peers' };

/** Steps in the order they have to be taken, and what no step can put right. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly problems: readonly string[];
}

/**
 * What makes a gobgpd that holds `held` equal to `wanted`, which has passed `checkWanted`. Whatever is equal already stays
 * untouched: a path sent again costs nothing on the wire, but a peer or a StartBgp does.
 *
 * The order carries meaning. Withdrawals come first, so that nothing which is slow or refused can delay one. The policies
 * come before the first peer, or the peer would be sent, and would send us, everything for a moment. The paths come before
 * the peers, so that the first UPDATE precedes the End-of-RIB marker.
 *
 * @param version of the API that the gobgpd speaks
 */
export function plan(wanted: WantedBgp, held: Held, version: ApiVersion | undefined): Plan {
  const neighbors = wanted.peers.map((peer) => neighborOf(peer, version));
  if (held.global === undefined) {
    return { steps: [...stepsFromNothing(wanted), ...peerSteps(neighbors, [])], problems: [] };
  }
  const mismatch = identityProblem(wanted, held.global);
  if (mismatch !== undefined) return { steps: [], problems: [mismatch] };
  const steps = [
    ...withdrawals(
      wanted.paths ?? held.paths,
      held.paths.map(({ prefix }) => prefix),
    ),
    ...policySteps(wanted, held),
    ...announcements(localPaths(wanted.paths ?? [], wanted), held.paths),
    ...peerSteps(
      neighbors,
      held.peers.filter(({ address }) => !wanted.pending.includes(address)),
    ),
  ];
  return { steps, problems: listenProblems(wanted, held.global) };
}

function stepsFromNothing(wanted: WantedBgp): Step[] {
  const { localAs: as, routerId, listenPort, listenAddresses } = wanted;
  return [
    { do: 'start-bgp', global: { as, routerId, listenPort, listenAddresses } },
    { do: 'set-policies', policies: wantedPolicies(wanted) },
    ...announcements(localPaths(wanted.paths ?? [], wanted), []),
  ];
}

/** Only a restart changes these: StartBgp on a running gobgpd empties its table and says OK. */
function identityProblem(wanted: WantedBgp, global: Global): string | undefined {
  if (isFor(wanted, global)) return undefined;
  const { localAs, routerId } = wanted;
  const found = `AS ${global.as} and router id ${global.routerId}`;
  return `gobgpd already runs with ${found}, wanted AS ${localAs} and router id ${routerId}: restart it to change that`;
}

/** Only a restart changes these either, but all the rest works. gobgpd reports `0.0.0.0` and `::` where it was given none. */
function listenProblems({ listenPort, listenAddresses }: WantedBgp, global: Global): string[] {
  const samePort = global.listenPort === listenPort;
  const anyAddress = listenPort === -1 || listenAddresses.length === 0;
  const sameAddresses = anyAddress || sameSet(global.listenAddresses, listenAddresses);
  if (samePort && sameAddresses) return [];
  const [found, wanted] = [listenText(global), listenText({ listenPort, listenAddresses })];
  return [`gobgpd already listens on ${found}, wanted ${wanted}: restart it to change that`];
}

const listenText = ({ listenPort, listenAddresses }: Pick<Global, 'listenPort' | 'listenAddresses'>): string =>
  `${listenAddresses.join(' and ') || 'all addresses'} port ${listenPort}`;

/**
 * A changed policy works on what comes after it; the refresh sends what is there through it as well. It sends all of it, so
 * that it is left out where nothing comes of it: one more range is no reason to tell the switches of the others again.
 */
function policySteps(wish: PolicyWish & Pick<WantedBgp, 'paths'>, held: Held): Step[] {
  const policies = wantedPolicies(wish);
  if (samePolicies(policies, held.policies)) return [];
  const standing = held.paths.filter(({ prefix }) => wish.paths?.some((path) => path.prefix === prefix) ?? true);
  const isQuiet = actAlike(
    policies,
    held.policies,
    standing.map(({ prefix }) => prefix),
  );
  const refresh: Step[] = held.peers.length === 0 || isQuiet ? [] : [{ do: 'refresh-peers' }];
  return [{ do: 'set-policies', policies }, ...refresh];
}
