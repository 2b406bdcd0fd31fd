import type { Address } from '../../model/address.ts';
import { type Protocol, realServerKey, type SchedulerFlag, type VirtualServer } from '../../model/virtual-server.ts';

/** A service as the kernel's IPVS keeps it. */
export interface IpvsService {
  readonly protocol: Protocol;
  readonly address: Address;
  readonly port: number;
  readonly scheduler: string;
  /** IP_VS_SVC_F_*, without the bit the kernel sets by itself. */
  readonly flags: number;
  /** Seconds of persistence; 0 without it. */
  readonly timeout: number;
  /** By `address:port`. */
  readonly destinations: ReadonlyMap<string, IpvsDestination>;
}

export interface IpvsDestination {
  readonly address: Address;
  readonly port: number;
  readonly weight: number;
  /** IP_VS_CONN_F_*: 0 is masquerading (NAT). */
  readonly forward: number;
  /** Active and inactive ones when it was read; absent where it was not read. */
  readonly connections?: number;
}

/** include/uapi/linux/ip_vs.h */
export const FLAG_PERSISTENT = 0x1;
/** IP_VS_SVC_F_SCHED1 and IP_VS_SVC_F_SCHED2: `sh` and `mh` read them alike. */
const FLAG_SCHEDULER: Record<SchedulerFlag, number> = { fallback: 0x8, port: 0x10 };
const FORWARD_MASQUERADE = 0;

/** What the kernel should hold for a virtual server. */
export function wantedService(server: VirtualServer): IpvsService {
  const { protocol, address, port, scheduler, schedulerFlags, persistenceSeconds } = server;
  const persistent = persistenceSeconds > 0 ? FLAG_PERSISTENT : 0;
  const destinations = new Map<string, IpvsDestination>();
  for (const real of server.realServers) {
    const destination = { address: real.address, port: real.port, weight: real.weight, forward: FORWARD_MASQUERADE };
    destinations.set(realServerKey(real), destination);
  }
  return {
    protocol,
    address,
    port,
    scheduler,
    flags: schedulerFlags.reduce((flags, flag) => flags | FLAG_SCHEDULER[flag], persistent),
    timeout: persistenceSeconds,
    destinations,
  };
}
