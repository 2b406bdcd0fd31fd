import type { Config } from '../config/config.ts';
import type { Condition } from '../model/condition.ts';
import type { Skipped } from '../model/snapshot.ts';
import type { SourceStatus, Status } from '../model/status.ts';
import { noCountsYet } from './counts.ts';

/** What is known while a process has no agent in service yet. */
export interface Waiting {
  readonly config: Config;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly now: number;
  readonly source: SourceStatus;
  readonly skipped: readonly Skipped[];
  /** Why the ranges are not known; undefined where they are. */
  readonly unknown: string | undefined;
}

/**
 * The status of a process whose agent is still to come. What an earlier one has left in the kernel and in gobgpd stands as it
 * is: before the ranges are known, nothing can be told from what is not ours.
 */
export function waitingStatus(waiting: Waiting): Status {
  const { config, now, skipped, source, startedAt, unknown, version } = waiting;
  const detail = unknown === undefined ? 'the agent is being made' : 'waiting for the ServiceCIDRs';
  const conditions: Condition[] = unknown === undefined ? [] : [{ code: 'ranges-unknown', detail: unknown }];
  return {
    node: config.node,
    version,
    at: now,
    startedAt,
    ranges: [],
    announcement: { state: 'withdrawn', since: startedAt, reason: 'starting', detail },
    announcedAddresses: 0,
    history: [],
    flaps: 0,
    drain: undefined,
    conditions,
    checks: [],
    census: { known: false, why: detail },
    peers: [],
    gobgpdApi: undefined,
    source,
    virtualServers: [],
    canaries: [],
    skipped,
    counts: noCountsYet,
  };
}
