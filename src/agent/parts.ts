import type { Logger } from 'pino';
import type { Speaker } from '../bgp/speaker.ts';
import type { Bulletin } from '../cluster/node-bulletin.ts';
import type { Presence } from '../cluster/presence.ts';
import type { Config } from '../config/config.ts';
import type { PartOutcome } from '../dataplane/dataplane.ts';
import type { Sessions } from '../dataplane/fence/want.ts';
import type { Neighbour } from '../dataplane/neighbours/plan.ts';
import type { PartReport } from '../dataplane/part.ts';
import type { Check, Finding } from '../health/check.ts';
import type { Address } from '../model/address.ts';
import type { Connections } from '../model/drain.ts';
import type { Peer } from '../model/path.ts';
import type { Traffic } from '../model/traffic.ts';
import type { VirtualServer, VirtualServerKey } from '../model/virtual-server.ts';
import type { Source } from '../source/source.ts';
import type { Legacy } from './legacy.ts';
import type { ResolvedPeers } from './peers.ts';
import type { UsableRanges } from './ranges.ts';
import type { Labels } from './selector.ts';
import type { Tally } from './tally.ts';
import type { LinkSpeed } from './weight.ts';

/** The kernel as the agent sees it: src/dataplane, or a double of it. */
export interface Kernel {
  /**
   * @param changed the keys that were added, changed or deleted since the last call
   * @param isAwaited whether the next change waits for the end of this one
   */
  ensure(
    virtualServers: ReadonlyMap<VirtualServerKey, VirtualServer>,
    changed: ReadonlySet<VirtualServerKey>,
    isAwaited: () => boolean,
  ): Promise<readonly PartOutcome[]>;
  /** What clients have open to these virtual servers. Not to be called during `ensure`. */
  connections(virtualServers: Iterable<VirtualServer>): Promise<Connections>;
  /** What passes through all virtual servers, or through some and to their real servers. Never rejects. */
  traffic(of?: readonly VirtualServerKey[]): Promise<Traffic>;
  close(): void;
}

/** The probe as the agent sees it: src/health, or a double of it. */
export interface Probe {
  /** Virtual servers of the probe's own, to be put into the kernel. */
  readonly canaries: readonly VirtualServer[];
  /** @returns undefined where there was nothing to tell anything by */
  run(virtualServers: Iterable<VirtualServer>): Promise<Finding | undefined>;
  close(): void;
}

/** Who else serves Services of the ranges on this node: src/dataplane/neighbours, or a double of it. */
export interface Neighbours {
  look(): readonly Neighbour[];
  close(): void;
}

/** What is known of the peers of this node: node-peers.ts, or a double of it. */
export interface Peers {
  /** The same value until something about it changes. */
  readonly resolved: ResolvedPeers;
  /** The labels of this node, as they were last known. */
  readonly labels: Labels | undefined;
  /** Calls `onChange` whenever something of the above is another than before. */
  follow(onChange: () => void): void;
  /** To be called when it may be. */
  look(): void;
  stop(): Promise<void>;
}

/** What cuts the BGP sessions of gobgpd: src/dataplane/fence, or a double of it. One call at a time; none rejects. */
export interface Fence {
  /** Whether a session may stand: also where that cannot be seen. */
  isOpen(sessions: Sessions): boolean;
  /** Called again and again while the sessions are to stay down. */
  raise(sessions: Sessions): Promise<PartReport>;
  /** Also of one that an earlier agent has left. */
  lift(): Promise<PartReport>;
  close(): void;
}

export interface AgentParts {
  readonly config: Config;
  readonly version: string;
  readonly ranges: UsableRanges;
  readonly source: Source;
  readonly neighbours: Neighbours;
  /** Undefined where another program serves the ranges (`dataplane.mode: none`). */
  readonly kernel: Kernel | undefined;
  readonly probe: Probe;
  /** What else is checked on this node. */
  readonly checks: readonly Check[];
  readonly speaker: Speaker;
  readonly fence: Fence;
  readonly peers: Peers;
  readonly presence: Presence;
  readonly bulletin: Bulletin;
  /** Where a drain is kept for the next agent. */
  readonly drainFile: string;
  readonly tally: Tally;
  readonly log: Logger;
  /** Why no sidecar watches over this agent; undefined while one does. */
  readonly unwatched: () => string | undefined;
  /** What is wrong with the configuration file, where an earlier one is used in its place. */
  readonly staleConfig: () => readonly string[];
  /** What of the configuration file is not taken up before a restart. */
  readonly needsRestart: () => readonly string[];
  /** What the agent before this one has left; undefined for the first one of a process. */
  readonly legacy: Legacy | undefined;
  /** Where switches can send IPv6 packets to, as the node has it now, where none is configured. */
  readonly nextHopIPv6: (peers: readonly Peer[]) => Address | undefined;
  /** That of the interface towards the first peer. */
  readonly linkSpeed: () => LinkSpeed;
  /** When the process has started, and the time of now: milliseconds since the epoch. */
  readonly startedAt: number;
  readonly now: () => number;
}
