import type { Address } from '../model/address.ts';
import { DesiredTable } from '../model/desired-table.ts';
import type { Skipped } from '../model/snapshot.ts';
import { type VirtualServer, type VirtualServerKey, virtualServerKey } from '../model/virtual-server.ts';
import { desiredSettings } from './desired-settings.ts';
import type { AgentParts } from './parts.ts';

/** What the kernel should hold, and the Services that have changed since that was last worked out. */
export class Desire {
  readonly #source: AgentParts['source'];
  readonly #canaries: readonly VirtualServer[];
  readonly #table: DesiredTable;
  /** Services that have changed since `#table` was brought up to date. */
  #stale = new Set<string>();

  constructor(parts: Pick<AgentParts, 'config' | 'probe' | 'ranges' | 'source'>) {
    this.#source = parts.source;
    this.#canaries = parts.probe.canaries;
    this.#table = new DesiredTable(desiredSettings(parts), parts.probe.canaries);
  }

  /** To be called with the Services that have changed in the source. */
  changed(services: Iterable<string>): void {
    for (const service of services) this.#stale.add(service);
  }

  /** Whether something has changed since the last update. */
  get isStale(): boolean {
    return this.#stale.size > 0;
  }

  /** Brings the table up to date, and returns what has changed in it. */
  update(): ReadonlySet<VirtualServerKey> {
    const changed = this.#table.update(this.#source.snapshot(), this.#stale);
    this.#stale = new Set();
    return changed;
  }

  /** A live view: it changes with the next update. */
  get virtualServers(): ReadonlyMap<VirtualServerKey, VirtualServer> {
    return this.#table.virtualServers;
  }

  /** The virtual servers that are not the probe's own. */
  get served(): VirtualServer[] {
    return [...this.#table.virtualServers.values()].filter((server) => !this.#canaries.includes(server));
  }

  /** Which of them are the probe's own. */
  get canaries(): readonly VirtualServerKey[] {
    return this.#canaries.map(virtualServerKey);
  }

  /** The same array for as long as none comes or goes. */
  get announcedAddresses(): readonly Address[] {
    return this.#table.announcedAddresses;
  }

  /** The same array for as long as nothing about it changes. */
  get skipped(): readonly Skipped[] {
    return this.#table.skipped;
  }
}
