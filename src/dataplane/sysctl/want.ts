/** A kernel setting by its path below /proc/sys. */
export interface Sysctl {
  readonly key: string;
  readonly value: string;
}

/** What the data plane needs of the kernel it runs in, each with what goes wrong without it. */
export const SYSCTLS: readonly Sysctl[] = [
  // Replies of the pods are forwarded: without it every connection times out.
  { key: 'net/ipv4/ip_forward', value: '1' },
  // IPVS hides its packets from conntrack without it, and the SNAT rule silently never matches.
  { key: 'net/ipv4/vs/conntrack', value: '1' },
  // Connections to a deleted real server get a reset instead of hanging; UDP clients move on at once.
  { key: 'net/ipv4/vs/expire_nodest_conn', value: '1' },
  // Clients with affinity leave a real server of weight 0.
  { key: 'net/ipv4/vs/expire_quiescent_template', value: '1' },
];
