import { type Family, familyOf, type Prefix } from '../model/address.ts';
import type { Global, Held, HeldPeer, Neighbor, Policies } from './gobgp.ts';
import { announcements, isFor, localPaths, type PathStep, sameSet, withdrawals } from './paths.ts';
import { samePolicies, wantedPolicies } from './policy.ts';
import type { WantedBgp } from './speaker.ts';

/** One change to a gobgpd. */
export type Step =
  | PathStep
  | { readonly do: 'start-bgp'; readonly global: Global }
  | { readonly do: 'set-policies'; readonly policies: Policies }
  | { readonly do: 'refresh-peers' }
  | { readonly do: 'delete-peer'; readonly address: string }
  | { readonly do: 'replace-peer'; readonly peer: Neighbor }
  | { readonly do: 'add-peer'; readonly peer: Neighbor };

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
 */
export function plan(wanted: WantedBgp, held: Held): Plan {
  if (held.global === undefined) return { steps: stepsFromNothing(wanted), problems: [] };
  const mismatch = identityProblem(wanted, held.global);
  if (mismatch !== undefined) return { steps: [], problems: [mismatch] };
  const steps = [
    ...withdrawals(
      wanted.paths ?? held.paths,
      held.paths.map(({ prefix }) => prefix),
    ),
    ...policySteps(wanted.ranges, held),
    ...announcements(localPaths(wanted.paths ?? [], wanted), held.paths),
    ...peerSteps(neighbors(wanted), held.peers),
  ];
  return { steps, problems: listenProblems(wanted, held.global) };
}

function stepsFromNothing(wanted: WantedBgp): Step[] {
  const { localAs: as, routerId, listenPort, listenAddresses } = wanted;
  return [
    { do: 'start-bgp', global: { as, routerId, listenPort, listenAddresses } },
    { do: 'set-policies', policies: wantedPolicies(wanted.ranges) },
    ...announcements(localPaths(wanted.paths ?? [], wanted), []),
    ...peerSteps(neighbors(wanted), []),
  ];
}

/** IPv4 is always carried, since every switch has it switched on for such a session; IPv6 where it is of use. */
function neighbors({ peers, ranges }: Pick<WantedBgp, 'peers' | 'ranges'>): Neighbor[] {
  const families: Family[] = ranges.some((range) => familyOf(range) === 'ipv6') ? ['ipv4', 'ipv6'] : ['ipv4'];
  return peers.map((peer) => ({ ...peer, families }));
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

/** A changed policy works on what comes after it; the refresh sends what is there through it as well. */
function policySteps(ranges: readonly Prefix[], held: Held): Step[] {
  const policies = wantedPolicies(ranges);
  if (samePolicies(policies, held.policies)) return [];
  const refresh: Step[] = held.peers.length === 0 ? [] : [{ do: 'refresh-peers' }];
  return [{ do: 'set-policies', policies }, ...refresh];
}

function peerSteps(wanted: readonly Neighbor[], held: readonly HeldPeer[]): Step[] {
  const heldOf = ({ address }: Neighbor) => held.find((peer) => peer.address === address);
  const gone = held.filter(({ address }) => !wanted.some((peer) => peer.address === address));
  const changed = wanted.filter((peer) => heldOf(peer) !== undefined && !samePeer(peer, heldOf(peer)));
  const missing = wanted.filter((peer) => heldOf(peer) === undefined);
  return [
    ...gone.map(({ address }): Step => ({ do: 'delete-peer', address })),
    ...changed.map((peer): Step => ({ do: 'replace-peer', peer })),
    ...missing.map((peer): Step => ({ do: 'add-peer', peer })),
  ];
}

/** A family too many does no harm, where taking it away would end the session. */
const samePeer = (wanted: Neighbor, held: HeldPeer | undefined): boolean =>
  wanted.as === held?.as &&
  wanted.holdTimeSeconds === held.holdTimeSeconds &&
  wanted.port === held.port &&
  wanted.families.every((family) => held.families.includes(family));
