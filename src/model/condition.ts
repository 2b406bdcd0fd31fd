/**
 * What a condition does to the announcement while it is active, the weakest first. What `deprioritises` is still used by
 * the switch where no other node announces in full. What `withdraws` may have a cause that all nodes share, so that it
 * deprioritises first, and withdraws once the others are seen to announce on. What `withdraws-at-once` stands in tables of
 * this node and makes its traffic fail for certain: where no other node has the same, nothing is waited for.
 */
export const EFFECTS = ['reports', 'deprioritises', 'withdraws', 'withdraws-at-once'] as const;
export type Effect = (typeof EFFECTS)[number];

interface ConditionKind {
  readonly title: string;
  readonly effect: Effect;
  /** What a person should look at first. */
  readonly hint: string;
}

/**
 * Every condition there is. The code is the log field, the metric label, the text in `fairlead status` and the
 * heading in docs/conditions.md; codes are never renamed or used again. In order of weight: of several active
 * conditions with the same effect, the first one here is the reason given.
 */
export const CONDITIONS = {
  'ranges-overlap-node': {
    title: 'No range is left to serve: each one holds an address of this node itself',
    effect: 'withdraws-at-once',
    hint: 'take the node network out of `ranges`',
  },
  'neighbour-owns-services': {
    title: 'Another program serves Services of the ranges on this node',
    effect: 'withdraws',
    hint: 'run this node without it, or set `dataplane.mode: none` to announce on top of it',
  },
  'sysctl-out-of-sync': {
    title: 'A kernel setting that the data plane needs is wrong and could not be set',
    effect: 'withdraws-at-once',
    hint: 'where /proc/sys is read-only, set it in a privileged init container or with sysctl.d',
  },
  'filter-out-of-sync': {
    title: 'The filter that closes host sockets on the range is not in place',
    effect: 'withdraws',
    hint: 'another tool may be rewriting the firewall of this node',
  },
  'snat-out-of-sync': {
    title: 'The SNAT rule is not in place',
    effect: 'withdraws-at-once',
    hint: 'another tool may be rewriting the firewall of this node',
  },
  'ipvs-contested': {
    title: 'Somebody else changes the same virtual servers again and again',
    effect: 'withdraws',
    hint: 'find the other owner of the range on this node: kube-proxy, kube-router, keepalived',
  },
  'ipvs-out-of-sync': {
    title: 'The IPVS table differs from what the cluster asks for',
    effect: 'withdraws-at-once',
    hint: 'compare `ipvsadm -Ln` with `fairlead status`; another IPVS owner may be at work',
  },
  'range-unbound': {
    title: 'The local route that binds the range is missing',
    effect: 'withdraws-at-once',
    hint: 'see `ip route show table local`',
  },
  'probe-failed': {
    title: 'A probe along the real packet path does not reach a real server',
    effect: 'withdraws',
    hint: 'forwarding, the FORWARD chain and the way to the pods are not visible in any table of ours',
  },
  'own-check-failed': {
    title: 'A check of the operator fails',
    effect: 'deprioritises',
    hint: 'the detail names the check of `health.checks`, whose `effect` says what becomes of the announcement',
  },
  'conntrack-full': {
    title: 'The conntrack table has no room for new connections',
    effect: 'deprioritises',
    hint: '`conntrack -S` and `conntrack -L`; raise net.netfilter.nf_conntrack_max',
  },
  'uplink-down': {
    title: 'An interface that a peer is reached by is down, or there is no route to the peer',
    effect: 'deprioritises',
    hint: 'the detail names the interface: see `ip link`, its cable and the port of the switch',
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
  'check-broken': {
    title: 'A check could not be run, so that what it checks is not known to have changed',
    effect: 'reports',
    hint: 'the detail names the check and what the agent lacked: file descriptors, processes, a program, a name server',
  },
  'gobgpd-unreachable': {
    title: 'gobgpd does not answer',
    effect: 'reports',
    hint: 'see the log of the gobgpd sidecar and the path of its socket',
  },
  'gobgpd-fenced': {
    title: 'The BGP sessions of gobgpd are cut, since it does not do as it is told',
    effect: 'reports',
    hint: 'find out why gobgpd hangs: `kubectl logs`, CPU limits, disk; restarting its container is safe',
  },
  'bgp-out-of-sync': {
    title: 'gobgpd refused a part of what it was told',
    effect: 'reports',
    hint: 'the detail names the call; see the log of the gobgpd sidecar',
  },
  'census-unknown': {
    title: 'How many other nodes announce is not known; a fault or a drain of this one only deprioritises',
    effect: 'reports',
    hint: 'the detail names what keeps the Leases of the agents from being read; see `announcement.minimumAnnouncers`',
  },
  'last-announcer': {
    title: 'A fault or a drain asks for a withdrawal, and too few other nodes announce: this one stays, deprioritised',
    effect: 'reports',
    hint: 'the other lb nodes: of a fault, most likely they share its cause',
  },
  'next-hop-missing': {
    title: 'There is no next hop for IPv6: what is served over it is not announced',
    effect: 'reports',
    hint: 'give the interface of the BGP sessions a global IPv6 address, or set `bgp.nextHopIPv6`',
  },
  'capacity-unknown': {
    title: 'Switches are to weigh this node by its capacity, and the kernel does not say what that is',
    effect: 'reports',
    hint: 'see /sys/class/net/NAME/speed of the interface that the detail names; give this node a number in `announcement.weight`',
  },
  'peer-unresolved': {
    title: 'Something about a peer is not known: its gateway, its password, or whether this node has it',
    effect: 'reports',
    hint: 'the detail names the peer and what is missing: see `ip route`, the file with the password, the labels of the Node',
  },
  'peer-down': {
    title: 'A BGP session is not established',
    effect: 'reports',
    hint: 'compare the peering configuration of the switch: addresses, AS numbers, password',
  },
  'bfd-unsupported': {
    title: 'BFD is wanted for a peer, and this gobgpd has none: the session goes on without it',
    effect: 'reports',
    hint: 'run a gobgpd of version 4.6 or later, or take `bfd` out of the peer',
  },
  'bfd-down': {
    title: 'A BGP session is established, and BFD with that peer is not up',
    effect: 'reports',
    hint: 'see whether the switch has BFD for this session, and whether UDP 3784 gets through in both directions',
  },
  'path-not-accepted': {
    title: 'No peer announces a prefix of `bgp.accept`',
    effect: 'reports',
    hint: 'see what the switch announces to this node; a prefix is let in only as it stands in `bgp.accept`',
  },
  'peer-flapping': {
    title: 'A BGP session is lost again and again',
    effect: 'reports',
    hint: '`fairlead status` has the last error of the session; see the log of the switch, hold time, MTU and BFD',
  },
  'deadman-missing': {
    title: 'No sidecar watches over this agent: a dead agent would go on announcing',
    effect: 'reports',
    hint: 'see the log of the gobgpd sidecar; both have to be given the same `deadman.socket`',
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
  'api-through-own-range': {
    title: 'The API server is asked by an address of a range that this node serves itself',
    effect: 'reports',
    hint: 'set KUBERNETES_SERVICE_HOST to an API server itself, or name one in a kubeconfig; `fairlead doctor` tells whether it will do',
  },
  'ranges-unknown': {
    title: 'The ranges are to come from the ServiceCIDRs of the cluster, and none is known yet',
    effect: 'reports',
    hint: 'the detail names what keeps them from being read; a list of prefixes in `ranges` needs none of it',
  },
  'ranges-stale': {
    title: 'The ServiceCIDRs cannot be read, or say what cannot be; the ranges that were last known stay in service',
    effect: 'reports',
    hint: 'nothing is withdrawn for this; see the API server, the rights of the agent and `kubectl get servicecidrs`',
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
  'config-stale': {
    title: 'The configuration file is bad; running on the last good one',
    effect: 'reports',
    hint: '`fairlead config check FILE` names every problem',
  },
  'config-needs-restart': {
    title: 'Some keys of the configuration file have changed that count only from the next start on',
    effect: 'reports',
    hint: 'the detail names the keys; restart the pod of this node, its sidecar included, when it suits you',
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
  /** Where it is not that of the code. */
  readonly effect?: Effect;
}

/** Why the announcement is not a full one: a condition that has an effect, or a phase of the announcement itself. */
export type Reason = ConditionCode | 'starting' | 'held-down' | 'draining' | 'stopping';

/** What each phase that is not a condition means. Documented beside the conditions. */
export const PHASES = {
  starting: 'The first full sync and the first good probes are still to come',
  'held-down': 'All is well again; waiting out the hold-down before announcing in full',
  draining: 'The node was asked to hand its traffic over',
  stopping: 'The agent is shutting down',
} as const satisfies Record<Exclude<Reason, ConditionCode>, string>;

/** What an active condition does. */
export const effectOf = ({ code, effect }: Condition): Effect => effect ?? CONDITIONS[code].effect;

/** Of the active conditions that have an effect, the weightiest: by its effect, and among equals by the order above. */
export function weightiest(conditions: readonly Condition[]): Condition | undefined {
  const order = Object.keys(CONDITIONS);
  const weight = (condition: Condition): number =>
    EFFECTS.indexOf(effectOf(condition)) * order.length - order.indexOf(condition.code);
  return conditions
    .filter((condition) => effectOf(condition) !== 'reports')
    .toSorted((a, b) => weight(b) - weight(a))[0];
}
