import { isDeepStrictEqual } from 'node:util';
import type { Peer } from '../model/path.ts';
import type { ApiVersion, HeldPeer, Neighbor } from './gobgp.ts';

/** A peer that is there and differs: in which settings, as they are called in `Peer`. */
interface Change {
  readonly peer: Neighbor;
  readonly held: HeldPeer;
  readonly differs: readonly string[];
}

/** One change to the peers of a gobgpd. */
export type PeerStep =
  | { readonly do: 'delete-peer'; readonly peer: HeldPeer }
  | ({ readonly do: 'replace-peer' | 'update-peer' } & Change)
  | { readonly do: 'add-peer'; readonly peer: Neighbor };

/** What a gobgpd of that version is told of a peer: one of version 3 knows no BFD, and its session goes on without. */
export function neighborOf(peer: Peer, version: ApiVersion | undefined): Neighbor {
  const { bfd, onTop: _onTop, ...rest } = peer;
  return bfd === undefined || version === 'v3' ? rest : { ...rest, bfd };
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
  const changes = wanted.flatMap((peer) => changeOf(peer, there.get(peer.address)) ?? []);
  return [
    ...gone.map((peer): PeerStep => ({ do: 'delete-peer', peer })),
    ...changes.filter((step) => step.do === 'replace-peer'),
    ...changes.filter((step) => step.do === 'update-peer'),
    ...wanted.filter(({ address }) => !there.has(address)).map((peer): PeerStep => ({ do: 'add-peer', peer })),
  ];
}

function changeOf(peer: Neighbor, held: HeldPeer | undefined): PeerStep | undefined {
  if (held === undefined) return undefined;
  const differs = differing(peer, held);
  if (differs.length === 0) return undefined;
  const anew = differs.some((setting) => !GOES_ON.has(setting));
  return { do: anew ? 'replace-peer' : 'update-peer', peer, held, differs };
}

/** The settings that a session can go on with; all others are agreed on when it opens, or belong to its socket. */
const GOES_ON: ReadonlySet<string> = new Set<keyof Neighbor>(['bfd', 'connectRetrySeconds', 'password']);

const SAME: { readonly [Setting in keyof Required<Neighbor>]: (wanted: Neighbor, held: HeldPeer) => boolean } = {
  address: (wanted, held) => wanted.address === held.address,
  as: (wanted, held) => wanted.as === held.as,
  port: (wanted, held) => wanted.port === held.port,
  // One too many does no harm.
  families: (wanted, held) => wanted.families.every((family) => held.families.includes(family)),
  holdTimeSeconds: (wanted, held) => wanted.holdTimeSeconds === held.holdTimeSeconds,
  keepaliveSeconds: (wanted, held) => wanted.keepaliveSeconds === held.keepaliveSeconds,
  connectRetrySeconds: (wanted, held) => wanted.connectRetrySeconds === held.connectRetrySeconds,
  passive: (wanted, held) => wanted.passive === held.passive,
  // Where none was given, gobgpd tells that of the session, once there has been one.
  localAddress: (wanted, held) => wanted.localAddress === undefined || wanted.localAddress === held.localAddress,
  password: (wanted, held) => wanted.password?.() === held.password?.(),
  ttlSecurity: (wanted, held) => wanted.ttlSecurity === held.ttlSecurity,
  multihopTtl: (wanted, held) => wanted.multihopTtl === held.multihopTtl,
  gracefulRestart: (wanted, held) => isDeepStrictEqual(wanted.gracefulRestart, held.gracefulRestart),
  bfd: (wanted, held) => isDeepStrictEqual(wanted.bfd, held.bfd),
};

const differing = (wanted: Neighbor, held: HeldPeer): string[] =>
  Object.entries(SAME)
    .filter(([, isSame]) => !isSame(wanted, held))
    .map(([setting]) => setting);

/**
 * What tells a change of a peer from others: the peer, and what is to become what. Undefined for any other step, and for BFD
 * alone, which may come and go. It holds passwords, and is for comparison alone.
 */
export function changeKey(step: { readonly do: string }): string | undefined {
  if (!isChange(step)) return undefined;
  const { differs, held, peer } = step;
  if (differs.every((setting) => setting === 'bfd')) return undefined;
  const values = differs.map((setting) => [setting, valueOf(peer, setting), valueOf(held, setting)]);
  return JSON.stringify([peer.address, ...values]);
}

const isChange = (step: { readonly do: string }): step is Change & { readonly do: string } =>
  step.do === 'replace-peer' || step.do === 'update-peer';

function valueOf(peer: Neighbor, setting: string): unknown {
  const value: unknown = Reflect.get(peer, setting);
  return typeof value === 'function' ? peer.password?.() : value;
}
