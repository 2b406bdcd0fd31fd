import type { Address } from '../model/address.ts';
import { DesiredTable } from '../model/desired-table.ts';
import type { Skipped } from '../model/snapshot.ts';
import { type VirtualServer, type VirtualServerKey, virtualServerKey } from '../model/virtual-server.ts';
import { desiredSettings } from './desired-settings.ts';
import type { AgentParts } from './parts.ts';

/** What an update has changed in the table. */
export interface Update {
  readonly changed: ReadonlySet<VirtualServerKey>;
  /**
   * When the source told of the first change in it, in milliseconds of the monotonic clock; undefined where nothing has
   * changed, and for the first update, which is the start of the agent and no event.
   */
  readonly toldAt: number | undefined;
}

/** What the kernel should hold, and the Services that have changed since that was last worked out. */
export class Desire {
  readonly #source: AgentParts['source'];
  readonly #canaries: readonly VirtualServer[];
  readonly #table: DesiredTable;
  /** Services that have changed since `#table` was brought up to date. */
  #stale = new Set<string>();
  /** When the first of them did; undefined where none has. */
  #toldAt: number | undefined;
  #begun = false;

  constructor(parts: Pick<AgentParts, 'config' | 'probe' | 'ranges' | 'source'>) {
    this.#source = parts.source;
    this.#canaries = parts.probe.canaries;
    this.#table = new DesiredTable(desiredSettings(parts), parts.probe.canaries);
  }

  /** To be called with the Services that have changed in the source. */
  changed(services: Iterable<string>): void {
    for (const service of services) this.#stale.add(service);
    if (this.isStale) this.#toldAt ??= performance.now();
  }

  /** Whether something has changed since the last update. */
  get isStale(): boolean {
    return this.#stale.size > 0;
  }

  /** Brings the table up to date. */
  update(): Update {
    const changed = this.#table.update(this.#source.snapshot(), this.#stale);
    const toldAt = this.#begun && changed.size > 0 ? this.#toldAt : undefined;
    this.#begun = true;
    this.#stale = new Set();
    this.#toldAt = undefined;
    return { changed, toldAt };
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
