import type { Family } from '../../model/address.ts';

/** A kernel setting by its path below /proc/sys. */
export interface Sysctl {
  readonly key: string;
  readonly value: string;
}

/** Replies of the pods are forwarded: without it every connection times out. */
const FORWARDING: Record<Family, Sysctl> = {
  ipv4: { key: 'net/ipv4/ip_forward', value: '1' },
  ipv6: { key: 'net/ipv6/conf/all/forwarding', value: '1' },
};

/** Settings of IPVS, which govern both families. */
const IPVS: readonly Sysctl[] = [
  // IPVS hides its packets from conntrack without it, and the SNAT rule silently never matches.
  { key: 'net/ipv4/vs/conntrack', value: '1' },
  // Connections to a deleted real server get a reset instead of hanging; UDP clients move on at once.
  { key: 'net/ipv4/vs/expire_nodest_conn', value: '1' },
  // Clients with affinity leave a real server of weight 0.
  { key: 'net/ipv4/vs/expire_quiescent_template', value: '1' },
];

/** What the data plane needs of the kernel it runs in, each with what goes wrong without it. */
export const wantedSysctls = (families: readonly Family[]): Sysctl[] => [
  ...families.map((family) => FORWARDING[family]),
  ...IPVS,
];

/** Where interfaces have their settings for IPv6. */
export const IPV6_INTERFACES = 'net/ipv6/conf';

/** Setting it makes the kernel deaf to router advertisements, see `planSysctls`. */
export const IPV6_FORWARDING = FORWARDING.ipv6.key;

/** Whether an interface listens to router advertisements: 1 not while forwarding, 2 even then (ip-sysctl.rst). */
export const acceptRa = (name: string): string => `${IPV6_INTERFACES}/${name}/accept_ra`;
