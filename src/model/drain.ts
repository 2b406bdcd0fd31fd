/** What the kernel says of the connections through this node at one moment. */
export interface Connections {
  /** Established ones. The kernel counts none over UDP as active (net/netfilter/ipvs/ip_vs_conn.c, ip_vs_bind_dest). */
  readonly active: number;
  /** All there ever were, over any protocol. It begins anew with each real server, as the next one does. */
  readonly opened: number;
  /** Packets that clients have sent. */
  readonly received: number;
}

/** Its value has no meaning (k8s.io/api/core/v1/well_known_labels.go). kubeadm puts it on control planes. */
export const EXCLUDE_LABEL = 'node.kubernetes.io/exclude-from-external-load-balancers';

/** What the Node object says that may ask for a drain. */
export interface NodeMarks {
  /** Whether the annotation fairlead.io/drain is "true". */
  readonly drain: boolean;
  /** Whether it has the label above. */
  readonly excluded: boolean;
  /** The keys of its taints. */
  readonly taints: readonly string[];
}

export const NO_MARKS: NodeMarks = { drain: false, excluded: false, taints: [] };

/** A drain that was ordered on the command line; milliseconds since the epoch, and milliseconds. */
export interface DrainOrder {
  readonly at: number;
  readonly timeoutMs: number;
}

/** In their order: not its turn yet, less attractive than others, gone from the switch, and done. */
export const DRAIN_STAGES = ['waiting', 'deprioritised', 'withdrawn', 'drained'] as const;
export type DrainStage = (typeof DRAIN_STAGES)[number];

/** What a node that is to drain is at: it stands in the queue, says that it is about to go, or goes. */
export const TURN_STEPS = ['waits', 'claims', 'drains'] as const;
export type TurnStep = (typeof TURN_STEPS)[number];

/** Where a node stands among those that are to drain. */
export interface Turn {
  readonly step: TurnStep;
  /** The lower one comes first; of two that have the same, the node whose name does. */
  readonly number: number;
}

/** The turn of another node. */
export interface NodeTurn extends Turn {
  readonly node: string;
}

/** A planned maintenance of this node under way. Times are milliseconds since the epoch, durations milliseconds. */
export interface Drain {
  readonly stage: DrainStage;
  /** What asks for it: `order`, `annotation fairlead.io/drain`, `label ...`, `taint ...`. */
  readonly by: readonly string[];
  readonly startedAt: number;
  /** Since when it is in this stage. */
  readonly since: number;
  /** When the node counts as drained, whatever connections are left. The wait for its turn is not counted. */
  readonly deadline: number;
  /** Active connections when they were last read; absent where they cannot be read. */
  readonly connections?: number;
  /**
   * Whether nothing comes in any more for the connections there are. When a path goes, the switch moves flows to other
   * nodes, which reset them; the node they are moved away from sees no end of them.
   */
  readonly silent: boolean;
  /** What this stage waits for; empty where it is the last one. */
  readonly waiting: string;
  /** What the other nodes are told; undefined before it is known where the queue ends. */
  readonly turn: Turn | undefined;
  /** How long the stages took that are over. */
  readonly took: Readonly<Partial<Record<DrainStage, number>>>;
}
