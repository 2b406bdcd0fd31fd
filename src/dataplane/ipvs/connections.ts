import { setImmediate as turn } from 'node:timers/promises';
import type { Connections } from '../../model/drain.ts';
import type { VirtualServer } from '../../model/virtual-server.ts';
import type { IpvsKernel } from './netlink.ts';
import { wantedService } from './want.ts';

/** Virtual servers that are read between two turns of the event loop. */
const READINGS_PER_TURN = 16;

/**
 * All connections to some virtual servers, added up. Those to a real server that is gone are not in it. The kernel brings
 * `opened` up to date every two seconds (net/netfilter/ipvs/ip_vs_est.c). Rejects with `netlink-failed`.
 */
export async function countConnections(
  kernel: IpvsKernel,
  virtualServers: Iterable<VirtualServer>,
): Promise<Connections> {
  let [active, opened, read] = [0, 0, 0];
  for (const server of virtualServers) {
    for (const some of kernel.connections(wantedService(server)))
      [active, opened] = [active + some.active, opened + some.opened];
    if (++read % READINGS_PER_TURN === 0) await turn();
  }
  return { active, opened };
}
