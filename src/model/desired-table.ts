import { isDeepStrictEqual } from 'node:util';
import { compileService, type DesiredSettings } from './desired.ts';
import { SkipList } from './skip-list.ts';
import type { Skipped, Snapshot } from './snapshot.ts';
import { type VirtualServer, type VirtualServerKey, virtualServerKey } from './virtual-server.ts';

type VirtualServers = ReadonlyMap<VirtualServerKey, VirtualServer>;

const NONE: VirtualServers = new Map();

/** Who asks for the virtual servers of the agent itself: before every Service by name. */
const AGENT = '';

/**
 * What the kernel should hold, kept up to date Service by Service: the work of an update is proportional to the Services
 * in it, never to the table.
 */
export class DesiredTable {
  readonly #settings: DesiredSettings;
  readonly #compiled = new Map<string, VirtualServers>();
  /** The Services that ask for a virtual server, by namespace and name: the first of them gets it. */
  readonly #claims = new Map<VirtualServerKey, readonly string[]>();
  readonly #virtualServers = new Map<VirtualServerKey, VirtualServer>();
  readonly #skips = new SkipList();
  /** Keys whose claims have changed since they were last settled. */
  #touched = new Set<VirtualServerKey>();

  /** @param own virtual servers beside those of the cluster, which no Service can take */
  constructor(settings: DesiredSettings, own: readonly VirtualServer[] = []) {
    this.#settings = settings;
    this.#replace(AGENT, new Map(own.map((server) => [virtualServerKey(server), server])));
  }

  /** A live view: it changes with the next update. A value that has not changed is the same object as before. */
  get virtualServers(): VirtualServers {
    return this.#virtualServers;
  }

  /** What is left out, by the source or here: the same array for as long as nothing about it changes. */
  get skipped(): readonly Skipped[] {
    return this.#skips.all;
  }

  /**
   * Looks at some Services anew.
   * @param services the keys of all that have changed since the last update, in themselves or in their slices
   * @returns the keys of the virtual servers that were added, changed or deleted; a value equal to the last is no change
   */
  update(snapshot: Snapshot, services: Iterable<string>): Set<VirtualServerKey> {
    this.#skips.set('source', snapshot.skipped);
    for (const key of services) {
      const { skipped, virtualServers } = compileService(key, snapshot, this.#settings);
      this.#skips.set(`service ${key}`, skipped);
      this.#replace(key, virtualServers);
    }
    const touched = this.#touched;
    this.#touched = new Set();
    return new Set([...touched].filter((key) => this.#settle(key)));
  }

  #replace(service: string, after: VirtualServers): void {
    const before = this.#compiled.get(service) ?? NONE;
    for (const key of before.keys()) if (!after.has(key)) this.#unclaim(key, service);
    for (const key of after.keys()) if (!before.has(key)) this.#claim(key, service);
    for (const key of [...before.keys(), ...after.keys()]) this.#touched.add(key);
    setOrDelete(this.#compiled, service, after.size === 0 ? undefined : after);
  }

  #claim(key: VirtualServerKey, service: string): void {
    this.#claims.set(key, [...(this.#claims.get(key) ?? []), service].toSorted());
  }

  #unclaim(key: VirtualServerKey, service: string): void {
    const left = (this.#claims.get(key) ?? []).filter((one) => one !== service);
    setOrDelete(this.#claims, key, left.length === 0 ? undefined : left);
  }

  /** Gives a key to the first who claims it, and says whether that changes what is wanted. */
  #settle(key: VirtualServerKey): boolean {
    const [first, ...others] = this.#claims.get(key) ?? [];
    this.#skips.set(
      `claim ${key}`,
      others.map((service) => conflict(key, first, service)),
    );
    const wanted = first === undefined ? undefined : this.#compiled.get(first)?.get(key);
    if (isDeepStrictEqual(wanted, this.#virtualServers.get(key))) return false;
    setOrDelete(this.#virtualServers, key, wanted);
    return true;
  }
}

const conflict = (key: VirtualServerKey, first: string | undefined, service: string): Skipped => ({
  object: `Service ${service}`,
  reason: 'port-conflict',
  detail: `${key} belongs to ${first === AGENT ? 'the canary of this agent' : `Service ${first}`}`,
});

function setOrDelete<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
