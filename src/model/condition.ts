/** What a condition does to the announcement while it is active. */
type Effect = 'blocks' | 'reports';

interface ConditionKind {
  readonly title: string;
  readonly effect: Effect;
  /** What a person should look at first. */
  readonly hint: string;
}

/**
 * Every condition there is. The code is the log field, the metric label, the text in `fairlead status` and the
 * heading in docs/conditions.md; codes are never renamed or used again. In order of weight: of several active
 * conditions that block, the first one here is the reason given for the withdrawal.
 */
export const CONDITIONS = {
  'ranges-overlap-node': {
    title: 'No range is left to serve: each one holds an address of this node itself',
    effect: 'blocks',
    hint: 'take the node network out of `ranges`',
  },
  'neighbour-owns-services': {
    title: 'Another program serves Services of the ranges on this node',
    effect: 'blocks',
    hint: 'run this node without it, or set `dataplane.mode: none` to announce on top of it',
  },
  'sysctl-out-of-sync': {
    title: 'A kernel setting that the data plane needs is wrong and could not be set',
    effect: 'blocks',
    hint: 'where /proc/sys is read-only, set it in a privileged init container or with sysctl.d',
  },
  'filter-out-of-sync': {
    title: 'The filter that closes host sockets on the range is not in place',
    effect: 'blocks',
    hint: 'another tool may be rewriting the firewall of this node',
  },
  'snat-out-of-sync': {
    title: 'The SNAT rule is not in place',
    effect: 'blocks',
    hint: 'another tool may be rewriting the firewall of this node',
  },
  'ipvs-contested': {
    title: 'Somebody else changes the same virtual servers again and again',
    effect: 'blocks',
    hint: 'find the other owner of the range on this node: kube-proxy, kube-router, keepalived',
  },
  'ipvs-out-of-sync': {
    title: 'The IPVS table differs from what the cluster asks for',
    effect: 'blocks',
    hint: 'compare `ipvsadm -Ln` with `fairlead status`; another IPVS owner may be at work',
  },
  'range-unbound': {
    title: 'The local route that binds the range is missing',
    effect: 'blocks',
    hint: 'see `ip route show table local`',
  },
  'probe-failed': {
    title: 'A probe along the real packet path does not reach a real server',
    effect: 'blocks',
    hint: 'forwarding, the FORWARD chain and the way to the pods are not visible in any table of ours',
  },
  'mss-out-of-sync': {
    title: 'The rule that clamps the size of TCP segments is not in place',
    effect: 'reports',
    hint: 'another tool may be rewriting the firewall of this node, or xt_TCPMSS is missing in the kernel',
  },
  'conntrack-out-of-sync': {
    title: 'Conntrack entries of UDP clients that lead nowhere could not be deleted',
    effect: 'reports',
    hint: 'see whether the module nf_conntrack_netlink is loaded; `conntrack -D -p udp -d ADDRESS` deletes them by hand',
  },
  'scheduler-missing': {
    title: 'A Service asks for an IPVS scheduler that this kernel does not have; it gets the default one',
    effect: 'reports',
    hint: 'load the module on this node (`modprobe ip_vs_NAME`), then restart the agent; or change the annotation',
  },
  'gobgpd-unreachable': {
    title: 'gobgpd does not answer',
    effect: 'reports',
    hint: 'see the log of the gobgpd sidecar and the path of its socket',
  },
  'bgp-out-of-sync': {
    title: 'gobgpd refused a part of what it was told',
    effect: 'reports',
    hint: 'the detail names the call; see the log of the gobgpd sidecar',
  },
  'next-hop-missing': {
    title: 'There is no next hop for the IPv6 ranges: they are served and not announced',
    effect: 'reports',
    hint: 'give the interface of the BGP sessions a global IPv6 address, or set `bgp.nextHopIPv6`',
  },
  'peer-down': {
    title: 'A BGP session is not established',
    effect: 'reports',
    hint: 'compare the peering configuration of the switch: addresses, AS numbers, password',
  },
  'source-not-synced': {
    title: 'Services and endpoints have not been read completely yet',
    effect: 'reports',
    hint: 'check the API server address and permissions, or the manifests directory',
  },
  'source-stale': {
    title: 'The source of Services and endpoints has stopped answering; serving what was last known',
    effect: 'reports',
    hint: 'nothing is withdrawn for this; see the API server or the manifests directory',
  },
  'range-overlaps-node': {
    title: 'A range holds an address of this node itself and is left out',
    effect: 'reports',
    hint: 'take the node network out of `ranges`',
  },
  'no-service-proxy': {
    title: 'With `dataplane.mode: none`, no program is to be seen that serves Services on this node',
    effect: 'reports',
    hint: 'start kube-proxy on this node, or set `dataplane.mode: ipvs`',
  },
  'objects-skipped': {
    title: 'Some Services, endpoints or manifest files are left out',
    effect: 'reports',
    hint: '`fairlead status` lists each with its reason',
  },
} as const satisfies Record<string, ConditionKind>;

export type ConditionCode = keyof typeof CONDITIONS;

/** One active condition. Absence of a code means that all is well there. */
export interface Condition {
  readonly code: ConditionCode;
  /** Expected and found, for this occurrence. */
  readonly detail: string;
}

/** Why nothing is announced: a blocking condition, or a phase of the announcement itself. */
export type WithdrawReason = ConditionCode | 'starting' | 'held-down' | 'stopping';

/** What each phase that is not a condition means. Documented beside the conditions. */
export const PHASES = {
  starting: 'The first full sync and the first good probes are still to come',
  'held-down': 'All is well again; waiting out the hold-down before announcing',
  stopping: 'The agent is shutting down',
} as const satisfies Record<Exclude<WithdrawReason, ConditionCode>, string>;

/** The condition that gives its code to a withdrawal: the weightiest of those that block, if any does. */
export function blockingCondition(conditions: readonly Condition[]): Condition | undefined {
  const weight = Object.keys(CONDITIONS);
  return conditions
    .filter(({ code }) => CONDITIONS[code].effect === 'blocks')
    .toSorted((a, b) => weight.indexOf(a.code) - weight.indexOf(b.code))[0];
}
