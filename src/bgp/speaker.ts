import type { Address, Prefix } from '../model/address.ts';
import type { Path, Peer, PeerStatus } from '../model/path.ts';
import type { ApiVersion } from './gobgp.ts';

/** What gobgpd is to hold. Anything else in it that looks like ours is taken away; nothing but the ranges can get out. */
export interface WantedBgp {
  readonly localAs: number;
  readonly routerId: Address;
  readonly listenAddresses: readonly Address[];
  readonly listenPort: number;
  /** Everything that may ever be announced, as it stands here: the export policy. */
  readonly ranges: readonly Prefix[];
  /** Prefixes of which single addresses (/32 and /128) may be announced as well. */
  readonly hosts: readonly Prefix[];
  /** What is let in of what peers announce, as it stands here; it goes no further. */
  readonly accept: readonly Prefix[];
  readonly peers: readonly Peer[];
  /** Peers of which not all is known yet: one of them that gobgpd has stays as it is. */
  readonly pending: readonly Address[];
  /** What is announced now; undefined to leave what gobgpd announces as it is, as a starting agent does. */
  readonly paths: readonly Path[] | undefined;
}

/** What gobgpd was last seen to hold. */
export interface Seen {
  /** Whether gobgpd answers. While it does not, the rest of this value is what was last seen. */
  readonly reachable: boolean;
  /**
   * Whether gobgpd is there, takes calls, and does not answer them in time: it is stopped or wedged, and its sessions may
   * stand with whatever it announced last. Seen within a second of its last sign of life, or in less after a path
   * was to be announced or withdrawn. Not while nobody listens where its API should be: then it is gone, and its sessions
   * with it; and in the first 5 s of the one that comes then, only once that one has been read and told. False again once
   * it has been read and told afresh.
   */
  readonly silent: boolean;
  /** The version of the API that gobgpd speaks; undefined while none is known. */
  readonly version: ApiVersion | undefined;
  /** What gobgpd refused or why it does not answer; undefined while all is well. */
  readonly problem: string | undefined;
  /** Whether gobgpd was read back equal to the last `set`. */
  readonly inSync: boolean;
  /** The prefixes in gobgpd's own table: what it announces, or will, to every established peer. */
  readonly prefixes: readonly Prefix[];
  readonly peers: readonly PeerStatus[];
}

export interface BgpState extends Seen {
  /**
   * Since when (milliseconds of `performance.now()`) there is a prefix to withdraw that gobgpd has, or may have, and has
   * not been read back without; undefined while there is none. It is some milliseconds old for every withdrawal that goes
   * well. While gobgpd cannot be reached it stands, whether its sessions do or not.
   */
  readonly withdrawingSince: number | undefined;
}

/** Before the first answer. */
export const NEVER_SEEN: BgpState = {
  reachable: false,
  silent: false,
  version: undefined,
  problem: undefined,
  inSync: false,
  prefixes: [],
  peers: [],
  withdrawingSince: undefined,
};

/** Keeps one gobgpd equal to what is wanted, through reconnects and restarts of it. */
export interface Speaker {
  /** Makes `wanted` the truth from now on. Returns at once; `onChange` tells of what follows. */
  set(wanted: WantedBgp): void;
  state(): BgpState;
  /** Reads gobgpd now and makes it equal to what is wanted; resolves with the state read back. Never rejects. */
  reconcile(): Promise<BgpState>;
  /** Ends the connection to gobgpd, which keeps what it holds. */
  close(): Promise<void>;
}
