import type { Address } from '../model/address.ts';
import type { HeldPeer } from './gobgp.ts';
import type { WantedBgp } from './speaker.ts';

/** Since when (milliseconds of a clock that only goes forward) the session of each peer is known to be down. */
export type DownSince = ReadonlyMap<Address, number>;

export const downStep = (before: DownSince, held: readonly HeldPeer[], now: number): DownSince =>
  new Map(
    held
      .filter(({ state }) => state !== 'established')
      .map(({ address }) => [address, before.get(address) ?? now] as const),
  );

/** A session that is down for so long mostly comes back by itself; then BFD is off for so long, and so on again. */
const ON_MS = 8000;
const OFF_MS = 16_000;
const ROUND_MS = 40_000;

/**
 * What is wanted for the moment: BFD is taken off a session that stays down. When BFD expires while the session is down
 * already, gobgpd 4.8 resets the next one the moment it stands; a switch that begins BFD anew with each session then
 * lets it expire again, and the two go on so for ever (gobgp #3561, mended in 4.9). Without BFD the session comes up, and an
 * update puts BFD back on it. It is not off for good: a switch in strict mode (RFC 9355) opens no session without BFD.
 */
export const withPauses = <Wanted extends Pick<WantedBgp, 'peers'>>(
  wanted: Wanted,
  down: DownSince,
  now: number,
): Wanted => ({
  ...wanted,
  peers: wanted.peers.map((peer) => {
    const { bfd, ...without } = peer;
    return bfd !== undefined && isPaused(down.get(peer.address), now) ? without : peer;
  }),
});

function isPaused(since: number | undefined, now: number): boolean {
  const phase = since === undefined ? 0 : (now - since) % ROUND_MS;
  return phase >= ON_MS && phase < ON_MS + OFF_MS;
}
