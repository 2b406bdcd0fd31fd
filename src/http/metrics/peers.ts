import type { PeerStatus } from '../../model/path.ts';
import type { Status } from '../../model/status.ts';
import { byKey, counter, type Family, gauge } from './family.ts';

/** The sessions with the switches. */
export function peerFamilies({ counts, gobgpdApi, peers }: Status): Family[] {
  /** @param of undefined where there is nothing to say of a peer */
  const ofPeer = (name: string, help: string, of: (peer: PeerStatus) => number | undefined): Family =>
    gauge(
      `fairlead_peer_${name}`,
      help,
      peers.flatMap((peer) => {
        const value = of(peer);
        return value === undefined ? [] : [[{ peer: peer.address }, value] as const];
      }),
    );
  return [
    gauge(
      'fairlead_gobgpd_api_info',
      'Always 1: the version of the API that gobgpd was last heard with',
      gobgpdApi === undefined ? [] : [[{ version: gobgpdApi }, 1]],
    ),
    ofPeer('established', 'Whether the BGP session with a peer is established', ({ state }) =>
      state === 'established' ? 1 : 0,
    ),
    ofPeer(
      'since_timestamp_seconds',
      'When the session with a peer came up or was lost, or else was first seen, as a Unix time',
      ({ since }) => since && since / 1000,
    ),
    ofPeer('bfd_up', 'Whether BFD with a peer is up, where it is wanted', ({ bfd }) =>
      bfd === undefined ? undefined : Number(bfd === 'up'),
    ),
    ofPeer('prefixes_announced', 'Prefixes that a peer is sent', ({ advertised }) => advertised.length),
    ofPeer(
      'prefixes_accepted',
      'Prefixes of a peer that are let in, where any may be',
      ({ accepted }) => accepted?.length,
    ),
    counter('fairlead_sessions_lost_total', 'BGP sessions that were lost, by peer', byKey('peer', counts.sessionsLost)),
  ];
}
