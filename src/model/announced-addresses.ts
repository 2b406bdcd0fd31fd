import type { Address } from './address.ts';
import type { VirtualServerKey } from './virtual-server.ts';

/**
 * The addresses for which there is a virtual server to announce them. They are counted: one virtual server less takes
 * nothing away that another still needs, and a change costs what it changes.
 */
export class AnnouncedAddresses {
  readonly #byKey = new Map<VirtualServerKey, Address>();
  readonly #counts = new Map<Address, number>();
  /** Undefined where they have to be listed anew. */
  #all: readonly Address[] | undefined;

  /** Each once: the same array for as long as none comes or goes. */
  get all(): readonly Address[] {
    this.#all ??= [...this.#counts.keys()];
    return this.#all;
  }

  /** @param address what the virtual server with this key is a reason to announce; undefined for nothing */
  set(key: VirtualServerKey, address: Address | undefined): void {
    const before = this.#byKey.get(key);
    if (before === address) return;
    if (before !== undefined) this.#count(before, -1);
    if (address !== undefined) this.#count(address, 1);
    if (address === undefined) this.#byKey.delete(key);
    else this.#byKey.set(key, address);
  }

  #count(address: Address, change: 1 | -1): void {
    const before = this.#counts.get(address) ?? 0;
    const after = before + change;
    if (after === 0) this.#counts.delete(address);
    else this.#counts.set(address, after);
    if (before === 0 || after === 0) this.#all = undefined;
  }
}
