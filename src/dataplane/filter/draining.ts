import { splitVirtualServerKey, type VirtualServer, type VirtualServerKey } from '../../model/virtual-server.ts';
import { openOnes } from './plan.ts';

type Endpoint = Pick<VirtualServer, 'address' | 'port'>;

/** The virtual servers over TCP all of whose real servers drain: connections that stand go on, new ones are refused. */
export class Draining {
  readonly #endpoints = new Map<VirtualServerKey, Endpoint>();
  #fresh = true;

  get endpoints(): readonly Endpoint[] {
    return [...this.#endpoints.values()];
  }

  /** Looks at the changed keys, the first time at all. Returns whether others drain now. */
  update(
    virtualServers: ReadonlyMap<VirtualServerKey, Pick<VirtualServer, 'realServers'>>,
    changed: Iterable<VirtualServerKey>,
  ): boolean {
    const open = openOnes(virtualServers);
    let moved = false;
    for (const key of this.#fresh ? virtualServers.keys() : changed) {
      const drains = key.startsWith('tcp/') && virtualServers.has(key) && !open.has(key);
      if (drains === this.#endpoints.has(key)) continue;
      if (drains) this.#endpoints.set(key, splitVirtualServerKey(key));
      else this.#endpoints.delete(key);
      moved = true;
    }
    this.#fresh = false;
    return moved;
  }
}
