import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import { concernsDataplane, concernsGateways, concernsUplinks } from '../dataplane/concern.ts';
import { Monitor } from '../dataplane/netlink/monitor.ts';
import type { Notice } from '../dataplane/netlink/notices.ts';
import { OUTPOST_LINKS } from '../health/probe.ts';
import type { UplinkCheck } from '../health/uplink.ts';
import { explain } from '../model/error.ts';
import type { Agent } from './agent.ts';
import type { Peers } from './parts.ts';
import { spaced } from './spaced.ts';

/**
 * No more passes than one in this time for what the kernel says, so that two programs that undo each other's work do
 * not keep a processor busy. The first one comes at once.
 */
const GAP_MS = 100;

/**
 * Lets the agent look at once where the kernel says that something may be gone. Where the kernel cannot be listened to,
 * the agent is left with looking at regular times.
 *
 * @returns what ends it
 */
export function watchKernel(
  agent: Pick<Agent, 'kernelChanged' | 'recheck'>,
  { dataplane, ranges }: Config,
  { peers, uplink }: { readonly uplink: Pick<UplinkCheck, 'names'>; readonly peers: Pick<Peers, 'look'> },
  log: Logger,
): () => Promise<void> {
  const prefixes = [...ranges, ...dataplane.externalIPs, ...dataplane.loadBalancerIPs];
  const holdings = { prefixes, links: new Set(['lo', ...OUTPOST_LINKS]) };
  const pass = spaced(GAP_MS, () => agent.kernelChanged());
  const recheck = spaced(GAP_MS, () => agent.recheck('uplink'));
  const look = spaced(GAP_MS, () => peers.look());
  const tell = (notices: readonly Notice[]): void => {
    if (notices.some((notice) => concernsDataplane(notice, holdings))) pass();
    if (notices.some((notice) => concernsUplinks(notice, uplink.names))) recheck();
    if (notices.some((notice) => concernsGateways(notice, uplink.names))) look();
  };
  try {
    const monitor = new Monitor(tell);
    return () => monitor.close();
  } catch (error) {
    log.warn({ event: 'kernel-not-heard', detail: explain(error) }, 'changes in the kernel are seen by looking only');
    return () => Promise.resolve();
  }
}
