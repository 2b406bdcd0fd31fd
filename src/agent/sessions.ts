import type { Address } from '../model/address.ts';
import type { PeerStatus } from '../model/path.ts';

/** What has become of the session with one peer so far. Times are milliseconds of any clock. */
export interface Session {
  /** Since when it has been established; undefined while it is not. */
  readonly since: number | undefined;
  /** When it came up or was lost, or else was first seen. */
  readonly changedAt: number;
  /** When it was lost of late, the oldest first. */
  readonly losses: readonly number[];
}

/** By the address of the peer. */
export type Sessions = ReadonlyMap<Address, Session>;

/** So many losses in so much time are a fault of their own: each single one of them may be over when somebody looks. */
const FLAPPING_LOSSES = 3;
const FLAPPING_MS = 10 * 60_000;
/** Time for a peer to send all it has, and for BFD to come up: a session that is new has nothing to show yet. */
const SETTLED_MS = 10_000;

/** What is known of the sessions after gobgpd was seen with these peers. A peer that is no longer there is forgotten. */
export const sessionsStep = (before: Sessions, peers: readonly PeerStatus[], now: number): Sessions =>
  new Map(peers.map(({ address, state }) => [address, step(before.get(address), state === 'established', now)]));

function step(before: Session | undefined, established: boolean, now: number): Session {
  if (before === undefined) return { since: established ? now : undefined, changedAt: now, losses: [] };
  if (established === (before.since !== undefined)) return before;
  if (established) return { ...before, since: now, changedAt: now };
  return { since: undefined, changedAt: now, losses: [...recent(before, now), now].slice(-MOST_KEPT) };
}

/** A session that is lost every second needs no longer list to be flapping. */
const MOST_KEPT = 100;

const recent = ({ losses }: Session, now: number): number[] => losses.filter((at) => now - at < FLAPPING_MS);

/** The peers whose sessions do not last, each with what to say of it. */
export const flapping = (sessions: Sessions, now: number): string[] =>
  [...sessions].flatMap(([address, session]) => {
    const count = recent(session, now).length;
    return count < FLAPPING_LOSSES ? [] : [`${address} was lost ${count} times in ${FLAPPING_MS / 60_000} minutes`];
  });

/** The peers whose sessions have stood for a while. */
export const settledPeers = (sessions: Sessions, now: number): ReadonlySet<Address> =>
  new Set(
    [...sessions].filter(([, { since }]) => since !== undefined && now - since >= SETTLED_MS).map(([peer]) => peer),
  );

/** The peers whose sessions stood and stand no longer. One that is no longer there is none of them. */
export const lostBetween = (before: Sessions, now: Sessions): ReadonlySet<Address> =>
  new Set(
    [...now]
      .filter(([peer, { since }]) => since === undefined && before.get(peer)?.since !== undefined)
      .map(([peer]) => peer),
  );

/** The peers with the times at which their sessions came up or were lost. */
export const withSince = (peers: readonly PeerStatus[], sessions: Sessions): PeerStatus[] =>
  peers.map((peer) => {
    const since = sessions.get(peer.address)?.changedAt;
    return since === undefined ? peer : { ...peer, since };
  });
