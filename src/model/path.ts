import type { Address, Family, Prefix } from './address.ts';

/** What a path carries beside its prefix and where it leads. */
export interface Attributes {
  /** RFC 1997 communities as `asn:value`, each half 16 bits. */
  readonly communities: readonly string[];
  /** RFC 8092 large communities as `asn:value:value`, each part 32 bits; absent for none. */
  readonly largeCommunities?: readonly string[];
  /** MULTI_EXIT_DISC; undefined to send none. */
  readonly med: number | undefined;
  /** LOCAL_PREF, which only a peer of our own AS is sent (RFC 4271 section 5.1.5); absent for its default of 100. */
  readonly localPref?: number;
  /** How often our AS stands in the AS_PATH beyond the once that eBGP puts it there; absent for no more. */
  readonly prepend?: number;
}

/** A BGP path as we announce it: a prefix with its attributes. */
export interface Path extends Attributes {
  readonly prefix: Prefix;
  /** Where the switch is to send packets; undefined for this end of each session, which only IPv4 paths can have. */
  readonly nextHop?: Address;
  /**
   * Bytes per second of the link to this node, by which a switch weighs it against others
   * (draft-ietf-idr-link-bandwidth); absent to send none.
   */
  readonly linkBandwidth?: number;
}

/** By how much a path is made less attractive than the same one of another node. */
export interface Deprioritisation {
  /** Added to the MED, of which the switch takes the lowest. */
  readonly med: number;
  readonly prepend: number;
  /** In place of the path's own, of which a peer of our own AS takes the highest. */
  readonly localPref: number;
  /** Beside GRACEFUL_SHUTDOWN, which is always among them. */
  readonly communities: readonly string[];
  readonly largeCommunities: readonly string[];
}

/** RFC 8326 section 4: a receiver that honours it gives the path the lowest local preference. */
export const GRACEFUL_SHUTDOWN = '65535:0';

const MOST_MED = 0xff_ff_ff_ff;

/**
 * A path that is used only where there is no better one: GRACEFUL_SHUTDOWN, LOCAL_PREF, MED and AS_PATH all say so, since
 * each switch looks at others of them. Where every node announces such a path, all of them are used. One that is such
 * already stays as it is.
 */
export function deprioritised<P extends Path>(path: P, by: Deprioritisation): P {
  if (path.communities.includes(GRACEFUL_SHUTDOWN)) return path;
  const { communities, largeCommunities = [] } = path;
  return {
    ...path,
    communities: [...new Set([...communities, GRACEFUL_SHUTDOWN, ...by.communities])],
    largeCommunities: [...new Set([...largeCommunities, ...by.largeCommunities])],
    med: Math.min((path.med ?? 0) + by.med, MOST_MED),
    localPref: by.localPref,
    prepend: (path.prepend ?? 0) + by.prepend,
  };
}

/**
 * Gives a text that no log, status or error may show: a function is left out wherever values are written. Two of them are
 * the same to a comparison only where they are one and the same function.
 */
export type Secret = () => string;

/** A switch we hold a BGP session with, and how. Two peers are the same where the addresses are. */
export interface Peer {
  readonly address: Address;
  readonly as: number;
  /** TCP port of the peer; 179 outside tests. */
  readonly port: number;
  /** What the session carries (RFC 4760); at least one. */
  readonly families: readonly Family[];
  /** Seconds without a message after which the session counts as dead (RFC 4271 section 4.2): at least 3. */
  readonly holdTimeSeconds: number;
  /** Between two messages of ours: at most a third of the hold time. */
  readonly keepaliveSeconds: number;
  /** Between two attempts to open the session. */
  readonly connectRetrySeconds: number;
  /** To let the peer open the session and never do so ourselves. */
  readonly passive: boolean;
  /** This end of the session; absent for the address the kernel takes. */
  readonly localAddress?: Address;
  /** Signs the segments of the session (TCP MD5, RFC 2385); absent for none. */
  readonly password?: Secret;
  /** To drop packets that a router has passed on (GTSM, RFC 5082): the peer has to do the same. Never with `multihopTtl`. */
  readonly ttlSecurity: boolean;
  /** The TTL of our packets where the peer of another AS is not on a network of ours; absent where it is. */
  readonly multihopTtl?: number;
  /** Absent for no graceful restart (RFC 4724), which is the safe choice: see docs/bgp.md. */
  readonly gracefulRestart?: GracefulRestart;
  /** Absent for no BFD (RFC 5880); only a gobgpd of version 4 has it. */
  readonly bfd?: Bfd;
  /** What the paths of this peer get on top of their own attributes. */
  readonly onTop?: PeerAttributes;
}

export interface GracefulRestart {
  /** How long the peer keeps our paths while gobgpd is gone. */
  readonly restartTimeSeconds: number;
}

/** Both ends send and expect a packet every interval, and a session is down when so many of them are missing. */
export interface Bfd {
  readonly intervalMs: number;
  readonly multiplier: number;
}

/** Communities are added, the MED is added to that of the path, our AS is prepended so often more. */
export interface PeerAttributes {
  readonly communities: readonly string[];
  readonly largeCommunities: readonly string[];
  readonly med: number;
  readonly prepend: number;
  /** In place of that of the path, unless it is deprioritised; undefined to leave it. */
  readonly localPref: number | undefined;
}

/** RFC 4271 section 8.2.2, in lower case. */
export type SessionState = 'unknown' | 'idle' | 'connect' | 'active' | 'opensent' | 'openconfirm' | 'established';

/** RFC 5880 section 4.1, in lower case; `unsupported` where it is wanted of a gobgpd that has none. */
export type BfdState = 'up' | 'down' | 'init' | 'admin-down' | 'unsupported';

/** A session as gobgpd reports it. */
export interface PeerStatus {
  readonly address: Address;
  readonly as: number;
  readonly state: SessionState;
  /** Prefixes this peer has been sent and not been told to forget: the switch may route them to us. */
  readonly advertised: readonly Prefix[];
  /** Prefixes of the peer that were let in; absent where nothing is to be. */
  readonly accepted?: readonly Prefix[];
  /** Absent where no BFD is wanted. */
  readonly bfd?: BfdState;
  /** Why the session went down the last time, in gobgpd's words; absent where it does not say. */
  readonly lastError?: string;
  /** When the session came up or was lost, or else was first seen, in milliseconds since the epoch; absent while unseen. */
  readonly since?: number;
}
