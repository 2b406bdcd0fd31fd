import type { Address, Family, Prefix } from '../../src/model/address.ts';

export type SwitchKind = 'frr' | 'bird';

/** The switch's side of a session with an lb node. */
export interface SwitchSession {
  readonly local: Address;
  readonly neighbor: Address;
  /** Of the neighbour. */
  readonly as: number;
  readonly families: readonly Family[];
  readonly password?: string;
  readonly ttlSecurity?: boolean;
  readonly multihopTtl?: number;
  /** To wait for the node to open the session. */
  readonly passive?: boolean;
  /** 300 ms three times, as lb nodes are told. */
  readonly bfd?: boolean;
}

export interface SwitchConfig {
  readonly routerId: Address;
  readonly localAs: number;
  readonly sessions: readonly SwitchSession[];
  /** What it announces to every neighbour. */
  readonly originated: readonly Prefix[];
}

/** A path as the switch has it from one neighbour, in its own show command. */
export interface SeenPath {
  readonly from: Address;
  readonly nextHop: Address;
  readonly asPath: readonly number[];
  /** As `asn:value`, in the order of their numbers, GRACEFUL_SHUTDOWN as 65535:0. */
  readonly communities: readonly string[];
  readonly largeCommunities: readonly string[];
  readonly extendedCommunities: readonly string[];
  readonly med: number | undefined;
  readonly localPref: number | undefined;
}

/** A session as the switch has it. */
export interface SeenSession {
  readonly established: boolean;
  /** In the words of the switch. */
  readonly state: string;
  readonly holdTimeSeconds: number | undefined;
  /** UPDATEs for a prefix, those that withdraw among them, since the session came up. */
  readonly updates: number;
  /** Another one, once the session has come up again. */
  readonly since: string;
}

export interface KernelNextHop {
  readonly via: Address;
  readonly weight: number;
}

/** A switch of the rig, asked by its own show command and by its kernel. */
export interface Switch {
  readonly kind: SwitchKind;
  /** Other sessions, or others settings of them, while the daemon runs. */
  configure(config: SwitchConfig): Promise<void>;
  session(neighbor: Address): Promise<SeenSession | undefined>;
  paths(prefix: Prefix): Promise<SeenPath[]>;
  /** Every prefix it has from a neighbour. */
  prefixes(neighbor: Address): Promise<Prefix[]>;
  /** BFD with a neighbour, in lower case; undefined where there is none. */
  bfd(neighbor: Address): Promise<string | undefined>;
  stop(): Promise<void>;
}
