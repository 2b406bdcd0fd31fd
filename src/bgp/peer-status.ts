import type { Prefix } from '../model/address.ts';
import type { BfdState, Peer, PeerStatus } from '../model/path.ts';
import type { ApiVersion, Held, HeldPeer } from './gobgp.ts';
import type { WantedBgp } from './speaker.ts';

/** By the address of the peer: what it was sent, and what was let in of it. */
export interface Exchanged {
  readonly advertised: ReadonlyMap<string, readonly Prefix[]>;
  readonly accepted: ReadonlyMap<string, readonly Prefix[]>;
}

/** Every peer gobgpd has, and every one it should have and has not. */
export function peerStatuses(
  { peers }: Pick<Held, 'peers'>,
  wanted: Pick<WantedBgp, 'accept' | 'peers'> | undefined,
  exchanged: Exchanged,
  version: ApiVersion | undefined,
): PeerStatus[] {
  const wantedOf = new Map(wanted?.peers.map((peer) => [peer.address, peer]));
  const there = new Set(peers.map(({ address }) => address));
  const missing = [...wantedOf.values()].filter(({ address }) => !there.has(address));
  const asking = (wanted?.accept.length ?? 0) > 0;
  return [...peers, ...missing.map(absent)]
    .map((session) => {
      const bfd = bfdOf(wantedOf.get(session.address), session, version);
      return { ...statusOf(session, asking, exchanged), ...(bfd && { bfd }) };
    })
    .toSorted((a, b) => (a.address < b.address ? -1 : 1));
}

type Session = Pick<HeldPeer, 'address' | 'as' | 'bfdState' | 'lastError' | 'state'>;

const absent = ({ address, as }: Peer): Session => ({
  address,
  as,
  state: 'unknown',
  bfdState: undefined,
  lastError: undefined,
});

function statusOf({ address, as, lastError, state }: Session, asking: boolean, exchanged: Exchanged): PeerStatus {
  return {
    address,
    as,
    state,
    advertised: exchanged.advertised.get(address)?.toSorted() ?? [],
    ...(asking && { accepted: exchanged.accepted.get(address) ?? [] }),
    ...(lastError !== undefined && { lastError }),
  };
}

/** A gobgpd that knows no BFD takes the wish for it without a word and reports none; nor does one whose BFD is paused. */
function bfdOf(
  wanted: Peer | undefined,
  { bfdState, state }: Session,
  version: ApiVersion | undefined,
): BfdState | undefined {
  if (wanted?.bfd === undefined || bfdState !== undefined) return wanted?.bfd && bfdState;
  return version === 'v3' || state === 'established' ? 'unsupported' : 'down';
}
