import type { Address, Family, Prefix } from '../model/address.ts';
import type { OwnCheck } from '../model/own-check.ts';
import type { Attributes, Deprioritisation, Peer } from '../model/path.ts';
import type { Scheduling } from '../model/scheduling.ts';

/** The whole configuration of one agent: validated, defaults filled in, frozen. Durations are milliseconds. */
export interface Config {
  /** The name of this Kubernetes node: $NODE_NAME, else the host name. */
  readonly node: string;
  readonly source: SourceConfig;
  /**
   * The prefixes this node owns: bound, filtered, served and announced. Nothing outside them is touched. Where they come
   * from the ServiceCIDRs of the cluster, those that are known: none, before any are.
   */
  readonly ranges: readonly Prefix[];
  readonly rangesFrom: 'configuration' | 'service-cidrs';
  readonly dataplane: DataplaneConfig;
  readonly health: HealthConfig;
  readonly announcement: AnnouncementConfig;
  readonly cluster: ClusterConfig;
  readonly bgp: BgpConfig;
  readonly deadman: DeadmanConfig;
  readonly http: HttpConfig;
}

export type SourceConfig = { readonly kind: 'manifests'; readonly directory: string } | KubernetesSourceConfig;

export interface KubernetesSourceConfig {
  readonly kind: 'kubernetes';
  /** A file; undefined for the service account of the pod (in-cluster). */
  readonly kubeconfig: string | undefined;
  /** Until an API server that has vanished, or hangs, is noticed. */
  readonly lostAfterMs: number;
}

export interface DataplaneConfig {
  /** `none`: the ranges are probed and announced, and the kernel is served by another proxy. */
  readonly mode: 'ipvs' | 'none';
  /** What a Service gets that asks for nothing else. */
  readonly scheduling: Scheduling;
  /** The only addresses that are served of those a Service gives itself in spec.externalIPs (CVE-2020-8554). */
  readonly externalIPs: readonly Prefix[];
  /** The only addresses that are served of those in status.loadBalancer.ingress. */
  readonly loadBalancerIPs: readonly Prefix[];
  /** Whether the hints of EndpointSlices narrow down the real servers of this node. */
  readonly topologyHints: 'ignore' | 'honour';
  /** How long a draining real server may keep its connections. */
  readonly drainMs: number;
  /** The largest TCP segment over IPv4 that a handshake through this node may agree on; over IPv6 it is 20 bytes less. Undefined: as they like. */
  readonly mssClamp: number | undefined;
  /** Which firewall holds the filter and the SNAT rule; `auto` looks for nf_tables in the kernel. */
  readonly firewall: 'auto' | 'nftables' | 'iptables';
  /** Time between two looks at what the kernel holds. */
  readonly auditMs: number;
}

export interface HealthConfig {
  readonly intervalMs: number;
  /** Instead of the interval, while the verdict of a check is open. */
  readonly fastIntervalMs: number;
  readonly timeoutMs: number;
  /** Good results in a row that make a check healthy, and bad ones that make it unhealthy. */
  readonly rise: number;
  readonly fall: number;
  /** The first run of a check waits a random part of it. */
  readonly splayMs: number;
  /** The operator's own. */
  readonly checks: readonly OwnCheck[];
}

export interface AnnouncementConfig {
  /** How long all has to be well after a fault before the ranges are announced in full again; twice as long each time. */
  readonly holdDownMs: number;
  readonly maxHoldDownMs: number;
  /** How many other lb nodes have to announce in full before this one may withdraw for a fault; 0 to ask nobody. */
  readonly minimumAnnouncers: number;
  readonly deprioritised: Deprioritisation;
  /** After the peers have been told to forget the paths, how long the agent still waits before it exits. */
  readonly stopWaitMs: number;
  readonly drain: DrainConfig;
  /** By range: what its path carries. */
  readonly attributes: Readonly<Record<Prefix, Attributes>>;
  /** What the path of any other range carries. */
  readonly otherAttributes: Attributes;
  /** Which single addresses of Services are announced beside the ranges. */
  readonly services: ServiceAnnouncement;
  /** How much this node can carry, for switches that weigh it against others. */
  readonly weight: readonly WeightRule[];
}

/** Paths for single addresses, each a /32 or /128 of its own. */
export interface ServiceAnnouncement {
  /** Those in `dataplane.externalIPs`, and those in `dataplane.loadBalancerIPs`. */
  readonly externalIPs: boolean;
  readonly loadBalancerIPs: boolean;
  readonly attributes: Attributes;
}

/** The weight of the nodes that are meant; of several rules, the first one that means a node holds. */
export interface WeightRule {
  /** Undefined for all. */
  readonly nodes: NodeSelector | undefined;
  /** In units of 1 Gbit/s, or what the interface towards the first peer is capable of. */
  readonly weight: number | 'capacity';
}

/** A node is meant where its name is among these, or where it has all of these labels. */
export interface NodeSelector {
  readonly names: readonly string[];
  /** Empty to mean none by its labels. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface DrainConfig {
  /** How long a drain may take that was not ordered with a time of its own. */
  readonly timeoutMs: number;
  /** The longest time to watch traffic fall before the withdrawal. */
  readonly settleMs: number;
  /** Whether the label node.kubernetes.io/exclude-from-external-load-balancers asks for a drain. */
  readonly excludeLabel: 'ignore' | 'honour';
  /** The keys of taints that ask for one. */
  readonly taints: readonly string[];
  /** How many nodes may drain at once; 0 where nobody is asked. */
  readonly maxDraining: number;
}

/** How the agents of the lb nodes know of each other, where the source is a cluster. */
export interface ClusterConfig {
  /** Where their Leases are. */
  readonly namespace: string;
  /** How long an agent that has stopped without a word still counts. */
  readonly leaseDurationMs: number;
}

export interface BgpConfig {
  /** Where gobgpd's API listens: `unix:///path` or `address:port`, which is loopback where no TLS is spoken. */
  readonly gobgp: string;
  /** Undefined for no TLS. */
  readonly tls: TlsConfig | undefined;
  readonly localAs: number;
  readonly routerId: Address;
  /** Where switches are to send packets; undefined for this end of each session, or for IPv6 to take what the node has. */
  readonly nextHopIPv4: Address | undefined;
  readonly nextHopIPv6: Address | undefined;
  /** The addresses and the port gobgpd accepts sessions on; port -1 makes it only connect by itself. */
  readonly listenAddresses: readonly Address[];
  readonly listenPort: number;
  /** What is let in of what peers announce. */
  readonly accept: readonly Prefix[];
  readonly peers: readonly PeerConfig[];
}

/** Files with PEM in them, by absolute paths. */
export interface TlsConfig {
  /** The authority that gobgpd's certificate has to come from. */
  readonly ca: string;
  /** What this agent shows of itself. */
  readonly cert: string;
  readonly key: string;
  /** The name in gobgpd's certificate; undefined for that of the target. */
  readonly serverName: string | undefined;
}

/** A peer as it is written: some of it is known only on the node. Durations are in seconds, as BGP has them. */
export interface PeerConfig extends Omit<Peer, 'address' | 'families' | 'password'> {
  readonly place: PeerPlace;
  /** Which nodes have this peer; undefined for all. */
  readonly nodes: NodeSelector | undefined;
  /** Undefined for what its session carries by itself. */
  readonly families: readonly Family[] | undefined;
  /** A file with nothing but the password, by its absolute path. */
  readonly passwordFile: string | undefined;
}

/** Where a peer is: at an address, or where a default route of the node leads to (through one interface, if one is given). */
export type PeerPlace =
  | { readonly kind: 'address'; readonly address: Address }
  | { readonly kind: 'gateway'; readonly family: Family; readonly interface: string | undefined };

export interface DeadmanConfig {
  /** The unix socket that the agent beats on and the sidecar listens on. */
  readonly socket: string;
  /** For an agent whose process has ended. */
  readonly crash: Graces;
  /** For one that is there and does not beat. */
  readonly hang: Graces;
}

/** How long after the agent's last sign of life its paths are made less attractive, and how long after it taken away. */
export interface Graces {
  readonly deprioritiseMs: number;
  readonly withdrawMs: number;
}

export interface HttpConfig {
  /** A unix socket, for `fairlead status` on this node. */
  readonly socket: string;
  /** `address:port` on loopback, for kubelet and whoever else asks from this node. */
  readonly address: string;
  /** A port of `bgp.routerId` for a Prometheus elsewhere; absent for none. */
  readonly metricsPort?: number | undefined;
}
