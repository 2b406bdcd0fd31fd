import type { Speaker } from '../bgp/speaker.ts';
import type { Prefix } from '../model/address.ts';

const WITHIN_MS = 5000;
const LOOK_EVERY_MS = 50;

/**
 * Whether every established peer has been told to forget our prefixes, within the time a withdrawal may take.
 *
 * @param isGone which of them; without it, all
 */
export async function arePeersTold(
  speaker: Pick<Speaker, 'reconcile'>,
  isGone: (prefix: Prefix) => boolean = () => true,
): Promise<boolean> {
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    const { inSync, peers, reachable } = await speaker.reconcile();
    const told = peers.every(({ advertised, state }) => state !== 'established' || !advertised.some(isGone));
    if (reachable && inSync && told) return true;
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
