import type { Address, Family, Prefix } from '../model/address.ts';
import type { Path, Peer, SessionState } from '../model/path.ts';

/** The process-wide part of a gobgpd: what StartBgp gives it once in its life. */
export interface Global {
  readonly as: number;
  readonly routerId: string;
  /** -1: it accepts no session and only connects by itself. */
  readonly listenPort: number;
  /** Empty for all addresses. */
  readonly listenAddresses: readonly string[];
}

/** A path as gobgpd is told of it. */
export interface LocalPath extends Omit<Path, 'prepend'> {
  /** AS_PATH as it is before a session puts our AS in front of it (RFC 4271 section 5.1.2): empty, or our AS some times. */
  readonly asPath: readonly number[];
}

/** A path of gobgpd's own table that was put there through its API. */
export interface HeldPath extends LocalPath {
  /** Attributes, or values of them, that a path of ours never has; empty for one of ours. */
  readonly foreign: readonly string[];
}

export interface HeldPeer {
  /** As gobgpd writes it, which is not always an address. */
  readonly address: string;
  readonly as: number;
  readonly holdTimeSeconds: number;
  readonly port: number;
  readonly families: readonly Family[];
  readonly state: SessionState;
}

/** A peer as gobgpd is told of it. */
export interface Neighbor extends Peer {
  /** What its session carries. Agreed on when it opens (RFC 4760 section 8): another family means another session. */
  readonly families: readonly Family[];
}

/** One rule of a policy, told by what it asks of a path and what it then does. */
export interface Statement {
  /** `in NAME` for a prefix set, undefined for any prefix; another kind of match is spelled out and equals none of ours. */
  readonly prefixes: string | undefined;
  readonly neighbors: string | undefined;
  readonly routeType: 'any' | 'internal' | 'external' | 'local';
  readonly action: 'none' | 'accept' | 'reject';
}

/** What decides in one direction: statements in order, then the default. */
export interface Chain {
  readonly statements: readonly Statement[];
  readonly otherwise: 'none' | 'accept' | 'reject';
}

/** The global policy. gobgpd has no policy of its own for an ordinary peer and ignores one that is given (gobgp #1628). */
export interface Policies {
  /** The prefixes that the export chain names, in order, each matching itself only; another range is spelled out. */
  readonly ranges: readonly string[];
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

/**
 * The calls of one version of GoBGP's API, in our own words. Every call ends within its deadline and rejects with a
 * `CallError`. StopBgp is left out on purpose: after it a gobgpd of version 4 is of no more use.
 */
export interface GobgpApi {
  /** Undefined before StartBgp. The heartbeat as well: its deadline is the shortest. */
  global(): Promise<Global | undefined>;
  policies(): Promise<Policies>;
  paths(): Promise<HeldPath[]>;
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
  deletePeer(address: string): Promise<void>;
  /** Calls `onEvent` whenever a session or a best path changed, and `onEnd` once when the stream is over. */
  watch(onEvent: () => void, onEnd: (error: Error) => void): void;
  /** Ends the connection, with all calls under way. gobgpd keeps what it holds. */
  close(): void;
}
