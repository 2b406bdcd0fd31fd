import type { Speaker } from '../bgp/speaker.ts';

const WITHIN_MS = 5000;
const LOOK_EVERY_MS = 50;

/** Whether every established peer has been told to forget our prefixes, within the time a withdrawal may take. */
export async function arePeersTold(speaker: Pick<Speaker, 'reconcile'>): Promise<boolean> {
  const deadline = performance.now() + WITHIN_MS;
  for (;;) {
    const { inSync, peers, reachable } = await speaker.reconcile();
    const told = peers.every(({ advertised, state }) => state !== 'established' || advertised.length === 0);
    if (reachable && inSync && told) return true;
    if (performance.now() > deadline) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
