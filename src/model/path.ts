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
