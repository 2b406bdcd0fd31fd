import type { Address, Family, Prefix } from '../model/address.ts';
import type { BfdState, Path, Peer, SessionState } from '../model/path.ts';

/** The process-wide part of a gobgpd: what StartBgp gives it once in its life. */
export interface Global {
  readonly as: number;
  readonly routerId: string;
  /** -1: it accepts no session and only connects by itself. */
  readonly listenPort: number;
  /** Empty for all addresses. */
  readonly listenAddresses: readonly string[];
}

/** A path as gobgpd is told of it: lists that are empty and values that are undefined are not sent. */
export interface LocalPath extends Required<Omit<Path, 'prepend' | 'nextHop' | 'localPref' | 'linkBandwidth'>> {
  /** Undefined for this end of each session, which only IPv4 paths can have. */
  readonly nextHop: Address | undefined;
  /** AS_PATH as it is before a session puts our AS in front of it (RFC 4271 section 5.1.2): empty, or our AS some times. */
  readonly asPath: readonly number[];
  readonly localPref: number | undefined;
  /** What draft-ietf-idr-link-bandwidth calls it: our AS (AS_TRANS where it has 32 bits), and bytes per second as a float. */
  readonly linkBandwidth: { readonly as: number; readonly bytesPerSecond: number } | undefined;
}

/** A path of gobgpd's own table that was put there through its API. */
export interface HeldPath extends LocalPath {
  /** Attributes, or values of them, that a path of ours never has; empty for one of ours. */
  readonly foreign: readonly string[];
}

/** A path that came from a peer and was let into gobgpd's table. */
export interface AcceptedPath {
  readonly prefix: Prefix;
  /** The address of the peer. */
  readonly from: string;
}

/** A peer as gobgpd is told of it: what its paths get on top is a matter of the policies. */
export type Neighbor = Omit<Peer, 'onTop'>;

/**
 * A peer as gobgpd has it. What gobgpd reports in words of its own is brought back to ours, defaults included, but for
 * `localAddress`: where none was given, it tells that of the last session, and nothing says which it is.
 */
export interface HeldPeer extends Neighbor {
  /** As gobgpd writes it, which is not always an address. */
  readonly address: string;
  readonly state: SessionState;
  /** What has become of its BFD; undefined where it has none. */
  readonly bfdState: BfdState | undefined;
  /** Why the session went down the last time, in gobgpd's words; undefined where it does not say. */
  readonly lastError: string | undefined;
}

/** A list of gobgpd's that statements refer to by its name. */
export interface DefinedSet {
  readonly kind: 'prefix' | 'neighbor' | 'community';
  readonly name: string;
  /**
   * In no order. Of prefixes as `10.99.66.0/23 23..23`, the prefix and the lengths it matches; of neighbours as
   * `10.22.108.1/32`; of communities as gobgpd matches them, which is by a regular expression: `^65535:0$`.
   */
  readonly members: readonly string[];
}

/** One rule of a policy, told by what it asks of a path and what it then does. */
export interface Statement {
  /** `in NAME` for any of a set, undefined for no such condition; another kind of match is spelled out and equals none of ours. */
  readonly prefixes: string | undefined;
  readonly neighbors: string | undefined;
  readonly communities: string | undefined;
  readonly routeType: 'any' | 'internal' | 'external' | 'local';
  /** What it changes in the path, which goes on to the next statement where the action is `none`. */
  readonly edits: Edits;
  readonly action: 'none' | 'accept' | 'reject';
}

/** What a statement changes in a path; empty lists and undefined for nothing. */
export interface Edits {
  /** Added. */
  readonly communities: readonly string[];
  /** Added. */
  readonly largeCommunities: readonly string[];
  /** Added to the MED of the path, or to 0 where it has none: at least 1. */
  readonly addMed: number | undefined;
  /** In place of that of the path: at least 1, since gobgpd takes 0 for none. */
  readonly localPref: number | undefined;
  readonly prepend: { readonly as: number; readonly times: number } | undefined;
  /** What it changes beyond, in gobgpd's words: never anything of ours. */
  readonly foreign: readonly string[];
}

/** What decides in one direction: statements in order, then the default. */
export interface Chain {
  readonly statements: readonly Statement[];
  readonly otherwise: 'none' | 'accept' | 'reject';
}

/** The global policy. gobgpd has no policy of its own for an ordinary peer and ignores one that is given (gobgp #1628). */
export interface Policies {
  /** Those that the chains refer to, in no order. */
  readonly sets: readonly DefinedSet[];
  readonly exports: Chain;
  readonly imports: Chain;
}

/** Everything of ours that a gobgpd holds at one moment. */
export interface Held {
  /** Undefined before StartBgp; the rest is then empty. */
  readonly global: Global | undefined;
  readonly policies: Policies;
  readonly paths: readonly HeldPath[];
  readonly peers: readonly HeldPeer[];
}

/** A version of GoBGP's API. */
export type ApiVersion = 'v3' | 'v4';

/**
 * The calls of GoBGP's API, in our own words. Every call ends within its deadline and rejects with a `CallError`. StopBgp is
 * left out on purpose: after it a gobgpd of version 4 is of no more use.
 */
export interface GobgpApi {
  /** The version that the last answer came in; undefined before the first one, and again once the connection is lost. */
  readonly version: ApiVersion | undefined;
  /** Undefined before StartBgp. The heartbeat as well: its deadline is the shortest. */
  global(): Promise<Global | undefined>;
  policies(): Promise<Policies>;
  paths(): Promise<HeldPath[]>;
  /** What came from peers and got past the import policy. */
  acceptedPaths(): Promise<AcceptedPath[]>;
  peers(): Promise<HeldPeer[]>;
  /** The prefixes that go out to a peer: gobgpd works them out from its table and the export policy. */
  advertisedTo(peer: Address, families: readonly Family[]): Promise<Prefix[]>;
  /** Only for a gobgpd that has none: a second StartBgp empties the table of a running one without an error. */
  startBgp(global: Global): Promise<void>;
  setPolicies(policies: Policies): Promise<void>;
  /** Sends every path through the policies again, both ways, without touching the sessions (RFC 2918). */
  refreshPeers(): Promise<void>;
  addPath(path: LocalPath): Promise<void>;
  deletePath(prefix: Prefix): Promise<void>;
  addPeer(peer: Neighbor): Promise<void>;
  /**
   * Gives a peer that is there other settings, all of which are sent. Its session goes on with the timers it has agreed
   * on, and ends where it needs another OPEN message or another socket; on a gobgpd before 3.15 it always ends
   * (gobgp #2659).
   */
  updatePeer(peer: Neighbor): Promise<void>;
  deletePeer(address: string): Promise<void>;
  /** Calls `onEvent` whenever a session or a best path changed, and `onEnd` once when the stream is over. */
  watch(onEvent: () => void, onEnd: (error: Error) => void): void;
  /** Ends the connection, with all calls under way. gobgpd keeps what it holds. */
  close(): void;
}
