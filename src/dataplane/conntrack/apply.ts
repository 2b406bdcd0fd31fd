import { type Family, familyOf } from '../../model/address.ts';
import type { VirtualServer, VirtualServerKey } from '../../model/virtual-server.ts';
import type { IpvsOperation } from '../ipvs/plan.ts';
import { NETLINK_NETFILTER, NetlinkSocket, refusals } from '../netlink/socket.ts';
import { ensurePart, NOTHING_TO_DO, type PartReport } from '../part.ts';
import {
  type ConntrackEntry,
  conntrackHeader,
  decodeEntry,
  DELETE_ENTRY,
  encodeIdentity,
  encodeNarrowing,
  GET_ENTRY,
  type Narrowing,
} from './codec.ts';
import { formatDeletion, isStale, planReadings } from './plan.ts';
import { type Changes, changesAfter, changesAfterBinding, type Clearings, wantedClearings } from './want.ts';

/** The conntrack table of the current network namespace, as far as it holds clients of UDP virtual servers. */
export class Conntrack {
  readonly #socket = new NetlinkSocket(NETLINK_NETFILTER);
  #changes: Changes = new Map();

  close(): void {
    this.#socket.close();
  }

  /** To be called with what has been done to the IPVS table, behind it: an entry made before leads nowhere again. */
  noteIpvs(operations: readonly IpvsOperation[]): void {
    this.#changes = changesAfter(this.#changes, operations);
  }

  /** To be called behind the first binding of the ranges, where they were not bound already. */
  noteBinding(virtualServers: ReadonlyMap<VirtualServerKey, VirtualServer>): void {
    this.#changes = changesAfterBinding(this.#changes, virtualServers);
  }

  /**
   * Deletes the entries that have become stale by what was noted. Without a change of a UDP virtual server the kernel
   * is not asked at all. What fails is tried again by the next call. Rejects with `netlink-failed`.
   */
  async ensure(virtualServers: ReadonlyMap<VirtualServerKey, VirtualServer>): Promise<PartReport> {
    if (this.#changes.size === 0) return NOTHING_TO_DO;
    const clearings = wantedClearings(this.#changes, virtualServers);
    const report = await ensurePart({
      plan: () => this.#stale(clearings),
      apply: (entries) => this.#delete(entries),
      format: formatDeletion,
    });
    if (report.problems.length === 0) this.#changes = new Map();
    return report;
  }

  /** Each once: what the kernel cannot narrow, two readings both return. */
  #stale(clearings: Clearings): ConntrackEntry[] {
    const byFamily = Map.groupBy(clearings.values(), ({ virtualServer }) => familyOf(virtualServer.address));
    const found = [...byFamily].flatMap(([family, group]) =>
      planReadings(group).flatMap((reading) => this.#read(family, reading, clearings)),
    );
    return [...new Map(found.map((entry) => [formatDeletion(entry), entry])).values()];
  }

  /** Keeps the stale entries only: a table may hold a million others. */
  #read(family: Family, reading: Narrowing, clearings: Clearings): ConntrackEntry[] {
    const stale: ConntrackEntry[] = [];
    const attributes = encodeNarrowing.bind(undefined, reading);
    this.#socket.scan({ type: GET_ENTRY, fixed: conntrackHeader(family), attributes }, ({ payload }) => {
      const entry = decodeEntry(payload);
      if (entry && isStale(entry, clearings)) stale.push(entry);
    });
    return stale;
  }

  /** An entry that is gone already is refused with ENOENT, which the reading that follows forgives. */
  #delete(entries: readonly ConntrackEntry[]): string[] {
    const answers = this.#socket.change(
      entries.map((entry) => ({
        type: DELETE_ENTRY,
        fixed: conntrackHeader(familyOf(entry.asked.address)),
        attributes: encodeIdentity.bind(undefined, entry),
      })),
    );
    return refusals(entries, answers, formatDeletion);
  }
}
