import type { Address, Prefix } from './address.ts';

/** A BGP path as we announce it: a prefix with its attributes. */
export interface Path {
  readonly prefix: Prefix;
  /**
   * Where the switch is to send packets: for IPv6 an address of this node, since the sessions run over IPv4. Undefined
   * for IPv4, where it is this end of each session.
   */
  readonly nextHop?: Address;
  /** RFC 1997 communities as `asn:value`, each half 16 bits. */
  readonly communities: readonly string[];
  /** MULTI_EXIT_DISC; undefined to send none. */
  readonly med: number | undefined;
  /** How often our AS stands in the AS_PATH beyond the once that eBGP puts it there; absent for no more. */
  readonly prepend?: number;
}

/** By how much a path is made less attractive than the same one of another node. */
export interface Deprioritisation {
  /** Added to the MED, of which the switch takes the lowest. */
  readonly med: number;
  readonly prepend: number;
}

/** RFC 8326 section 4: a receiver that honours it gives the path the lowest local preference. */
const GRACEFUL_SHUTDOWN = '65535:0';

const MOST_MED = 0xff_ff_ff_ff;

/**
 * A path that is used only where there is no better one: GRACEFUL_SHUTDOWN, MED and AS_PATH all say so, since each switch
 * looks at others of them. Where every node announces such a path, all of them are used. One that is such already stays as
 * it is.
 */
export function deprioritised(path: Path, { med, prepend }: Deprioritisation): Path {
  if (path.communities.includes(GRACEFUL_SHUTDOWN)) return path;
  const communities = [...path.communities, GRACEFUL_SHUTDOWN];
  return { ...path, communities, med: Math.min((path.med ?? 0) + med, MOST_MED), prepend };
}

/** A switch we hold a BGP session with. */
export interface Peer {
  readonly address: Address;
  readonly as: number;
  /** Seconds without a message after which the session counts as dead (RFC 4271 section 4.2): at least 3. */
  readonly holdTimeSeconds: number;
  /** TCP port of the peer; 179 outside tests. */
  readonly port: number;
}

/** RFC 4271 section 8.2.2, in lower case. */
export type SessionState = 'unknown' | 'idle' | 'connect' | 'active' | 'opensent' | 'openconfirm' | 'established';

/** A session as gobgpd reports it. */
export interface PeerStatus {
  readonly address: Address;
  readonly as: number;
  readonly state: SessionState;
  /** Prefixes this peer has been sent and not been told to forget: the switch may route them to us. */
  readonly advertised: readonly Prefix[];
}
