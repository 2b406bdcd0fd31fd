import type { Address, Prefix } from '../address.ts';
import type { AddressKind } from '../service-addresses.ts';
import type { Endpoint, Skipped, SkipReason, TrafficPolicy } from '../snapshot.ts';
import type { AnnouncementState } from '../status.ts';
import type { RealServerLoad, VirtualServerLoad } from '../traffic.ts';
import type { Protocol, VirtualServerKey } from '../virtual-server.ts';

/**
 * Whether clients are served by this node: all that the Service has here, a part of it, nothing since nothing leads here, or
 * nothing.
 */
export type Verdict = 'served' | 'partly-served' | 'not-announced' | 'not-served';

/** Why a Service is served by this node, or why not. */
export interface Explanation {
  /** What was asked for. */
  readonly query: string;
  /** `namespace/name`; undefined where there is no such Service. */
  readonly service: string | undefined;
  /** Names that may have been meant, or that have the same address. */
  readonly others: readonly string[];
  readonly verdict: Verdict;
  /** The verdict in a sentence. */
  readonly why: string;
  readonly addresses: readonly AddressExplanation[];
  readonly virtualServers: readonly ServerExplanation[];
  /** What of it and of its EndpointSlices is left out. */
  readonly skipped: readonly Skipped[];
}

export interface AddressExplanation {
  readonly address: Address;
  /** In which ways the Service has it. */
  readonly kinds: readonly AddressKind[];
  /** Why it is not served; undefined where it is. */
  readonly refused: Pick<Skipped, 'reason' | 'detail'> | undefined;
  /** What it is announced with; undefined where nothing is. */
  readonly announced: AnnouncedWith | undefined;
}

export interface AnnouncedWith {
  /** The range that holds it, or the prefix of the address alone. */
  readonly prefix: Prefix;
  /** Of the node; `withdrawn` also where this prefix alone is not announced. */
  readonly state: AnnouncementState;
  /** How many of the peers have been told. */
  readonly told: number;
  readonly peers: number;
}

export interface ServerExplanation {
  readonly key: VirtualServerKey;
  readonly protocol: Protocol;
  readonly address: Address;
  readonly port: number;
  /** Of the port; empty where it has none. */
  readonly name: string;
  readonly policy: TrafficPolicy;
  /** Why new connections are refused; undefined where it takes them. */
  readonly lack: SkipReason | undefined;
  /** Whether the kernel holds it; undefined where that is not known. */
  readonly inKernel: boolean | undefined;
  readonly load: VirtualServerLoad | undefined;
  readonly endpoints: readonly EndpointExplanation[];
}

/** What an endpoint is used for: new connections, those that it has, or nothing. */
export const USES = ['takes', 'drains', 'unused'] as const;

export interface EndpointExplanation {
  /** `10.1.0.101:8080`. */
  readonly endpoint: string;
  /** Undefined for a real server that the kernel still holds, and no EndpointSlice has any more. */
  readonly state: Omit<Endpoint, 'address'> | undefined;
  readonly use: (typeof USES)[number];
  readonly why: string;
  /** As the kernel holds it; undefined where it does not, or that is not known. */
  readonly held: RealServerLoad | undefined;
}
