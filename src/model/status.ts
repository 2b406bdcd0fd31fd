import { type Address, familyOf, type Prefix } from './address.ts';
import type { Census } from './census.ts';
import type { Condition, Reason } from './condition.ts';
import type { Drain } from './drain.ts';
import type { Histogram } from './histogram.ts';
import type { PeerStatus } from './path.ts';
import type { Skipped } from './snapshot.ts';
import type { VirtualServer, VirtualServerKey } from './virtual-server.ts';

/** Deprioritised: announced, and used by the switch only where no other node announces in full. */
export const ANNOUNCEMENT_STATES = ['announced', 'deprioritised', 'withdrawn'] as const;
export type AnnouncementState = (typeof ANNOUNCEMENT_STATES)[number];

/** How the prefixes are announced, since when (milliseconds since the epoch), and if not in full, why. */
export type Announcement =
  | { readonly state: 'announced'; readonly since: number }
  | {
      readonly state: 'deprioritised' | 'withdrawn';
      readonly since: number;
      readonly reason: Reason;
      readonly detail: string;
    };

/** Everything the agent knows about itself at one moment: the value behind /status, /readyz, /metrics and `fairlead status`. */
export interface Status {
  readonly node: string;
  readonly version: string;
  /** Milliseconds since the epoch, for the moment the status describes and for the start of the agent. */
  readonly at: number;
  readonly startedAt: number;
  readonly ranges: readonly Prefix[];
  /** Absent where the configuration has the ranges. */
  readonly serviceCidrs?: ServiceCidrsStatus;
  /** The file that all of this follows; absent where there is none. */
  readonly config?: ConfigStatus;
  readonly announcement: Announcement;
  /** How many single addresses of Services are announced beside the ranges, in the same way. */
  readonly announcedAddresses: number;
  /** What it was before, the oldest first; a long past is forgotten. */
  readonly history: readonly Announcement[];
  /** How often a full announcement was taken back of late: each time doubles the hold-down. */
  readonly flaps: number;
  /** Planned maintenance under way; undefined where nothing asks for any. */
  readonly drain: Drain | undefined;
  /** Until when an end of this agent leaves all to the next one, by order; absent where it withdraws. */
  readonly handOverUntil?: number;
  readonly conditions: readonly Condition[];
  readonly checks: readonly CheckStatus[];
  /** What is known of the other nodes. */
  readonly census: Census;
  readonly peers: readonly PeerStatus[];
  /** The version of the API that gobgpd speaks, such as `v4`; undefined while none is known. */
  readonly gobgpdApi: string | undefined;
  readonly source: SourceStatus;
  readonly virtualServers: readonly VirtualServer[];
  /** Which of them are the agent's own, for the probe: Services of the cluster they are not. */
  readonly canaries: readonly VirtualServerKey[];
  readonly skipped: readonly Skipped[];
  /** What has happened since the start of the process. */
  readonly counts: Counts;
}

/** Whether a range is announced, be it deprioritised, which an IPv6 range without a next hop never is. */
export const isAnnounced = ({ announcement, conditions }: Status, range: Prefix): boolean =>
  announcement.state !== 'withdrawn' &&
  (familyOf(range) === 'ipv4' || !conditions.some(({ code }) => code === 'next-hop-missing'));

export interface Counts {
  /** Each that there was, once. */
  readonly transitions: readonly TransitionCount[];
  /** By part of the data plane: how many changes its tables needed, the first sync included. */
  readonly kernelChanges: Readonly<Record<string, number>>;
  /** By part of the data plane: what was refused, or was still wrong after a pass. */
  readonly kernelErrors: Readonly<Record<string, number>>;
  /** By kind: how often something was found that somebody else had changed. */
  readonly drift: Readonly<Record<string, number>>;
  /** By peer: how often its session was lost. */
  readonly sessionsLost: Readonly<Record<Address, number>>;
  /** By the name of the check. */
  readonly checks: Readonly<Record<string, CheckCounts>>;
  /**
   * Seconds from the moment the source told of a change until the virtual servers in the kernel were as it wants them, one
   * for each pass that had something to write. The first reading is left out.
   */
  readonly programming: Histogram;
}

/** How often the announcement went from one state to another, or to another reason for the same. */
export interface TransitionCount {
  readonly from: AnnouncementState;
  readonly to: AnnouncementState;
  /** Why it is not announced in full then; undefined where it is. */
  readonly reason: Reason | undefined;
  readonly count: number;
}

/** How often a check was run, by what that came to, and for how many seconds. */
export interface CheckCounts {
  readonly good: number;
  readonly bad: number;
  /** It could not be run itself. */
  readonly broken: number;
  readonly took: Histogram;
}

export interface CheckStatus {
  readonly name: string;
  readonly health: 'undecided' | 'healthy' | 'unhealthy';
  /** What the last run found. */
  readonly detail: string;
  /** Runs in a row with the last outcome. */
  readonly streak: number;
  /** Why the check itself could not be run the last time; absent where it could. It says nothing of what is checked. */
  readonly broken?: string;
}

/** The configuration file, and what has become of it. */
export interface ConfigStatus {
  /** SHA-256 of the file in service, in hexadecimal. */
  readonly hash: string;
  /** Since when it has been in service, in milliseconds since the epoch. */
  readonly loadedAt: number;
  /** What is wrong with the file as it is now; empty while there is nothing. */
  readonly problems: readonly string[];
  /** Keys of the file that count only from the next start on. */
  readonly needsRestart: readonly string[];
  /** Why the file as it is now is not in service yet; absent where it is, or is bad. */
  readonly waiting?: string;
}

/** Where the ranges come from that the configuration leaves to the cluster. */
export interface ServiceCidrsStatus {
  /** By the name of the object, its prefixes, those that are left out as ranges among them. */
  readonly objects: Readonly<Record<string, readonly Prefix[]>>;
  /** Whether they have been read completely since the start of the process. */
  readonly synced: boolean;
  /** Why they cannot be read at the moment; undefined while they can. */
  readonly problem: string | undefined;
}

export interface SourceStatus {
  readonly kind: 'manifests' | 'kubernetes';
  /** Whether everything has been read at least once. */
  readonly synced: boolean;
  /** When the source last proved to be alive; undefined before the first time. */
  readonly lastContactAt: number | undefined;
  /** Why the source cannot be read at the moment; undefined while it can. */
  readonly problem: string | undefined;
  readonly services: number;
  readonly slices: number;
  /** The address of the API server, once it is known. */
  readonly server?: Address;
}
