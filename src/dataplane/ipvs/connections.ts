import { setImmediate as turn } from 'node:timers/promises';
import type { Connections } from '../../model/drain.ts';
import type { VirtualServer } from '../../model/virtual-server.ts';
import type { IpvsKernel } from './netlink.ts';
import { wantedService } from './want.ts';

/** Virtual servers that are read between two turns of the event loop. */
const READINGS_PER_TURN = 16;

/**
 * All connections to some virtual servers, added up. Those to a real server that is gone are not in it. The kernel brings
 * `opened` and `received` up to date every two seconds (net/netfilter/ipvs/ip_vs_est.c). Rejects with `netlink-failed`.
 */
export async function countConnections(
  kernel: IpvsKernel,
  virtualServers: Iterable<VirtualServer>,
): Promise<Connections> {
  const sum = { active: 0, opened: 0, received: 0 };
  let read = 0;
  for (const server of virtualServers) {
    for (const { active, opened, received } of kernel.connections(wantedService(server))) {
      sum.active += active;
      sum.opened += opened;
      sum.received += received;
    }
    if (++read % READINGS_PER_TURN === 0) await turn();
  }
  return sum;
}
