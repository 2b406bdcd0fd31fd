import type { BgpState } from '../bgp/speaker.ts';
import type { Config } from '../config/config.ts';
import type { PartOutcome } from '../dataplane/dataplane.ts';
import { formatNeighbour, type Neighbour } from '../dataplane/neighbours/plan.ts';
import { type Prefix, prefixContains } from '../model/address.ts';
import type { Census } from '../model/census.ts';
import type { Condition } from '../model/condition.ts';
import type { OwnCheck } from '../model/own-check.ts';
import type { PeerStatus } from '../model/path.ts';
import { ORDINARY_REASONS, type Skipped, type SkipReason } from '../model/snapshot.ts';
import type { SourceStatus } from '../model/status.ts';
import { type Checks, failedChecks } from './checks.ts';
import type { UsableRanges } from './ranges.ts';
import { flapping, type Sessions, settledPeers } from './sessions.ts';

/** Everything conditions are made of. */
export interface Findings {
  readonly checks: Checks;
  /** The operator's own checks. */
  readonly own: readonly OwnCheck[];
  /** What somebody else changes again and again in the kernel. */
  readonly contested: readonly string[];
  /** IPVS schedulers that are asked for and that this kernel does not have. */
  readonly missingSchedulers: readonly string[];
  readonly mode: Config['dataplane']['mode'];
  /** Undefined before the first look. */
  readonly neighbours: readonly Neighbour[] | undefined;
  readonly source: SourceStatus;
  readonly ranges: Pick<UsableRanges, 'outdated' | 'overlaps' | 'usable'>;
  /** Prefixes that are not announced for want of a next hop. */
  readonly withoutNextHop: readonly Prefix[];
  /** Why switches are told no weight of this node although they are to be. */
  readonly weightProblem: string | undefined;
  /** Undefined where the other nodes do not matter. */
  readonly census: Census | undefined;
  /** Why a withdrawal that is asked for is put off. */
  readonly heldBack: string | undefined;
  readonly skipped: readonly Skipped[];
  readonly bgp: BgpState;
  /** What is to be let in of what peers announce. */
  readonly accept: readonly Prefix[];
  /** What about the peers of this node is not known or not right. */
  readonly peerProblems: readonly string[];
  readonly sessions: Sessions;
  /** As in the sessions. */
  readonly now: number;
  /** Why the fence is raised; undefined while it is not. */
  readonly fence: string | undefined;
  /** Why no sidecar watches over this agent. */
  readonly unwatched: string | undefined;
  /** What is wrong with the configuration file. */
  readonly staleConfig: readonly string[];
  /** What of it is not taken up before a restart. */
  readonly needsRestart: readonly string[];
}

/** What of a pass over the data plane is a condition by itself. */
export const odditiesOf = (outcomes: readonly PartOutcome[]): Pick<Findings, 'contested' | 'missingSchedulers'> => ({
  contested: outcomes.flatMap(({ contested }) => contested ?? []),
  missingSchedulers: outcomes.flatMap(({ missingSchedulers }) => missingSchedulers ?? []),
});

/** The active conditions. */
export const conditionsOf = (findings: Findings): Condition[] => [
  ...failedChecks(findings.checks, findings.own),
  ...contestedConditions(findings.contested),
  ...schedulerConditions(findings.missingSchedulers),
  ...neighbourConditions(findings),
  ...rangeConditions(findings.ranges),
  ...othersConditions(findings),
  ...nextHopConditions(findings.withoutNextHop),
  ...weightConditions(findings.weightProblem),
  ...sourceConditions(findings.source),
  ...apiPathConditions(findings),
  ...skippedConditions(findings.skipped),
  ...findings.peerProblems.map((detail): Condition => ({ code: 'peer-unresolved', detail })),
  ...bgpConditions(findings),
  ...flapping(findings.sessions, findings.now).map((detail): Condition => ({ code: 'peer-flapping', detail })),
  ...fenceConditions(findings.fence),
  ...unwatchedConditions(findings.unwatched),
  ...configConditions(findings),
];

const contestedConditions = (contested: readonly string[]): Condition[] =>
  contested.length === 0 ? [] : [{ code: 'ipvs-contested', detail: contested.join(', ') }];

const schedulerConditions = (missing: readonly string[]): Condition[] =>
  missing.length === 0 ? [] : [{ code: 'scheduler-missing', detail: missing.join(', ') }];

function neighbourConditions({ mode, neighbours }: Findings): Condition[] {
  if (neighbours === undefined) return [];
  if (mode === 'none') {
    const detail = 'found neither kube-proxy nor kube-router nor Cilium with Services of the ranges';
    return neighbours.length === 0 ? [{ code: 'no-service-proxy', detail }] : [];
  }
  const detail = neighbours.map(formatNeighbour).join('; ');
  return neighbours.length === 0 ? [] : [{ code: 'neighbour-owns-services', detail }];
}

function rangeConditions({ outdated, overlaps, usable }: Findings['ranges']): Condition[] {
  const problem = outdated?.();
  const stale: Condition[] = problem === undefined ? [] : [{ code: 'ranges-stale', detail: problem }];
  if (overlaps.length === 0) return stale;
  const detail = overlaps.join('; ');
  return [
    ...stale,
    { code: 'range-overlaps-node', detail },
    ...(usable.length === 0 ? [{ code: 'ranges-overlap-node' as const, detail }] : []),
  ];
}

const othersConditions = ({ census, heldBack }: Findings): Condition[] => [
  ...(census === undefined || census.known ? [] : [{ code: 'census-unknown' as const, detail: census.why }]),
  ...(heldBack === undefined ? [] : [{ code: 'last-announcer' as const, detail: heldBack }]),
];

function nextHopConditions(open: readonly Prefix[]): Condition[] {
  if (open.length === 0) return [];
  const expected = 'expected a global IPv6 address on the interface of the BGP sessions, found none';
  return [{ code: 'next-hop-missing', detail: `${open.join(', ')}: ${expected}` }];
}

const weightConditions = (problem: string | undefined): Condition[] =>
  problem === undefined ? [] : [{ code: 'capacity-unknown', detail: problem }];

function sourceConditions({ problem, synced }: SourceStatus): Condition[] {
  if (!synced) return [{ code: 'source-not-synced', detail: problem ?? 'the first reading is under way' }];
  return problem === undefined ? [] : [{ code: 'source-stale', detail: problem }];
}

/** What the agent has to ask before it can serve must not be behind what it serves (kube-router#118, #625; k0s#6940). */
function apiPathConditions({ ranges, source: { server } }: Findings): Condition[] {
  const own = server && ranges.usable.find((range) => prefixContains(range, server));
  if (!own) return [];
  return [{ code: 'api-through-own-range', detail: `the API server is asked at ${server}, which lies in ${own}` }];
}

function skippedConditions(skipped: readonly Skipped[]): Condition[] {
  const counts = new Map<SkipReason, number>();
  for (const { reason } of skipped)
    if (!ORDINARY_REASONS.has(reason)) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  if (counts.size === 0) return [];
  return [{ code: 'objects-skipped', detail: [...counts].map(([reason, count]) => `${count} ${reason}`).join(', ') }];
}

const fenceConditions = (detail: string | undefined): Condition[] =>
  detail === undefined ? [] : [{ code: 'gobgpd-fenced', detail }];

function bgpConditions({ accept, bgp, now, sessions }: Findings): Condition[] {
  const { peers, problem, reachable } = bgp;
  if (!reachable) return [{ code: 'gobgpd-unreachable', detail: problem ?? 'no answer yet' }];
  const settled = settledPeers(sessions, now);
  const down = peers.filter(({ state }) => state !== 'established');
  return [
    ...(problem === undefined ? [] : [{ code: 'bgp-out-of-sync' as const, detail: problem }]),
    ...down.map(({ address, state }) => ({ code: 'peer-down' as const, detail: `${address} is ${state}` })),
    ...peers.flatMap((peer) => bfdConditions(peer, settled.has(peer.address))),
    ...(settled.size > 0 ? acceptConditions(peers, accept) : []),
  ];
}

/** BFD comes up a moment after the session, and goes down with it. */
function bfdConditions({ address, bfd }: PeerStatus, settled: boolean): Condition[] {
  if (bfd === 'unsupported') return [{ code: 'bfd-unsupported', detail: `${address} has a session without BFD` }];
  if (bfd === undefined || bfd === 'up' || !settled) return [];
  return [{ code: 'bfd-down', detail: `${address} is established, and its BFD is ${bfd}` }];
}

function acceptConditions(peers: readonly PeerStatus[], accept: readonly Prefix[]): Condition[] {
  const accepted = new Set(peers.flatMap((peer) => peer.accepted ?? []));
  return accept
    .filter((prefix) => !accepted.has(prefix))
    .map((prefix) => ({ code: 'path-not-accepted', detail: `${prefix} is announced by no peer` }));
}

const unwatchedConditions = (unwatched: string | undefined): Condition[] =>
  unwatched === undefined ? [] : [{ code: 'deadman-missing', detail: unwatched }];

function configConditions({ needsRestart, staleConfig: [first, ...more] }: Findings): Condition[] {
  const stale = more.length === 0 ? first : `${first}, and ${more.length} more`;
  return [
    ...(stale === undefined ? [] : [{ code: 'config-stale' as const, detail: stale }]),
    ...(needsRestart.length === 0 ? [] : [{ code: 'config-needs-restart' as const, detail: needsRestart.join(', ') }]),
  ];
}
