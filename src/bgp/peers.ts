import { isDeepStrictEqual } from 'node:util';
import type { Peer } from '../model/path.ts';
import type { ApiVersion, HeldPeer, Neighbor } from './gobgp.ts';

/** One change to the peers of a gobgpd. */
export type PeerStep =
  | { readonly do: 'delete-peer'; readonly peer: HeldPeer }
  | { readonly do: 'replace-peer'; readonly peer: Neighbor; readonly held: HeldPeer }
  | { readonly do: 'update-peer'; readonly peer: Neighbor }
  | { readonly do: 'add-peer'; readonly peer: Neighbor };

/** What a gobgpd of that version is told of a peer: one of version 3 knows no BFD, and its session goes on without. */
export function neighborOf({ onTop: _, ...peer }: Peer, version: ApiVersion | undefined): Neighbor {
  const { bfd: __, ...rest } = peer;
  return version === 'v3' ? rest : peer;
}

/**
 * What makes the held peers the wanted ones. A session is ended only for what it has to be opened anew for; what it can go
 * on with is updated. gobgpd goes on with the timers of the old session after an update (cilium #25827), so those count as
 * the first. A password is updated: a peer that is deleted and added with another one leaves the old key on the socket
 * that gobgpd listens on.
 */
export function peerSteps(wanted: readonly Neighbor[], held: readonly HeldPeer[]): PeerStep[] {
  const there = new Map(held.map((peer) => [peer.address, peer]));
  const stay = new Set(wanted.map(({ address }) => address));
  const gone = held.filter(({ address }) => !stay.has(address));
  const pairs = wanted.map((peer) => ({ peer, held: there.get(peer.address) }));
  return [
    ...gone.map((peer): PeerStep => ({ do: 'delete-peer', peer })),
    ...pairs.flatMap((pair): PeerStep[] =>
      pair.held && !sameSession(pair.peer, pair.held) ? [{ do: 'replace-peer', peer: pair.peer, held: pair.held }] : [],
    ),
    ...pairs.flatMap((pair): PeerStep[] =>
      pair.held && sameSession(pair.peer, pair.held) && !sameRest(pair.peer, pair.held)
        ? [{ do: 'update-peer', peer: pair.peer }]
        : [],
    ),
    ...pairs.filter((pair) => pair.held === undefined).map(({ peer }): PeerStep => ({ do: 'add-peer', peer })),
  ];
}

/** What is agreed on when a session opens, and the socket it needs. A family too many does no harm. */
const sameSession = (wanted: Neighbor, held: HeldPeer): boolean =>
  wanted.as === held.as &&
  wanted.port === held.port &&
  wanted.families.every((family) => held.families.includes(family)) &&
  wanted.holdTimeSeconds === held.holdTimeSeconds &&
  wanted.keepaliveSeconds === held.keepaliveSeconds &&
  wanted.localAddress === held.localAddress &&
  wanted.ttlSecurity === held.ttlSecurity &&
  wanted.multihopTtl === held.multihopTtl &&
  isDeepStrictEqual(wanted.gracefulRestart, held.gracefulRestart);

const sameRest = (wanted: Neighbor, held: HeldPeer): boolean =>
  wanted.password?.() === held.password?.() &&
  wanted.passive === held.passive &&
  wanted.connectRetrySeconds === held.connectRetrySeconds &&
  isDeepStrictEqual(wanted.bfd, held.bfd);
