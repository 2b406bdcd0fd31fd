import { isDeepStrictEqual } from 'node:util';
import type { Address } from './address.ts';
import { AnnouncedAddresses } from './announced-addresses.ts';
import { type Compiled, compileService, type DesiredSettings } from './desired.ts';
import { SkipList } from './skip-list.ts';
import type { Skipped, Snapshot } from './snapshot.ts';
import { type VirtualServer, type VirtualServerKey, virtualServerKey } from './virtual-server.ts';

type VirtualServers = ReadonlyMap<VirtualServerKey, VirtualServer>;

type Wanted = Pick<Compiled, 'hosts' | 'virtualServers'>;

const NOTHING: Wanted = { virtualServers: new Map(), hosts: new Set() };

/** Who asks for the virtual servers of the agent itself: before every Service by name. */
const AGENT = '';

/**
 * What the kernel should hold, kept up to date Service by Service: the work of an update is proportional to the Services
 * in it, never to the table.
 */
export class DesiredTable {
  readonly #settings: DesiredSettings;
  readonly #compiled = new Map<string, Wanted>();
  /** The Services that ask for a virtual server, by namespace and name: the first of them gets it. */
  readonly #claims = new Map<VirtualServerKey, readonly string[]>();
  readonly #virtualServers = new Map<VirtualServerKey, VirtualServer>();
  readonly #announced = new AnnouncedAddresses();
  readonly #skips = new SkipList();
  /** Keys whose claims have changed since they were last settled. */
  #touched = new Set<VirtualServerKey>();

  /** @param own virtual servers beside those of the cluster, which no Service can take */
  constructor(settings: DesiredSettings, own: readonly VirtualServer[] = []) {
    this.#settings = settings;
    const virtualServers = new Map(own.map((server) => [virtualServerKey(server), server]));
    this.#replace(AGENT, { ...NOTHING, virtualServers });
  }

  /** A live view: it changes with the next update. A value that has not changed is the same object as before. */
  get virtualServers(): VirtualServers {
    return this.#virtualServers;
  }

  /**
   * The single addresses that are announced beside the ranges once the kernel holds them: those with a virtual server that
   * takes connections, of a Service which has the address in a way that is announced. The same array for as long as none
   * comes or goes.
   */
  get announcedAddresses(): readonly Address[] {
    return this.#announced.all;
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
      const { skipped, ...wanted } = compileService(key, snapshot, this.#settings);
      this.#skips.set(`service ${key}`, skipped);
      this.#replace(key, wanted);
    }
    const touched = this.#touched;
    this.#touched = new Set();
    return new Set([...touched].filter((key) => this.#settle(key)));
  }

  #replace(service: string, wanted: Wanted): void {
    const before = (this.#compiled.get(service) ?? NOTHING).virtualServers;
    const after = wanted.virtualServers;
    for (const key of before.keys()) if (!after.has(key)) this.#unclaim(key, service);
    for (const key of after.keys()) if (!before.has(key)) this.#claim(key, service);
    for (const key of [...before.keys(), ...after.keys()]) this.#touched.add(key);
    setOrDelete(this.#compiled, service, after.size === 0 ? undefined : wanted);
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
    const owner = first === undefined ? NOTHING : (this.#compiled.get(first) ?? NOTHING);
    const wanted = owner.virtualServers.get(key);
    this.#announced.set(key, wanted && announcedFor(wanted, owner.hosts));
    if (isDeepStrictEqual(wanted, this.#virtualServers.get(key))) return false;
    setOrDelete(this.#virtualServers, key, wanted);
    return true;
  }
}

/** One whose real servers all drain takes no connection. */
const announcedFor = ({ address, realServers }: VirtualServer, hosts: ReadonlySet<Address>): Address | undefined =>
  hosts.has(address) && realServers.some(({ weight }) => weight > 0) ? address : undefined;

const conflict = (key: VirtualServerKey, first: string | undefined, service: string): Skipped => ({
  object: `Service ${service}`,
  reason: 'port-conflict',
  detail: `${key} belongs to ${first === AGENT ? 'the canary of this agent' : `Service ${first}`}`,
});

function setOrDelete<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key);
  else map.set(key, value);
}
