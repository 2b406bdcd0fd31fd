import { networkInterfaces } from 'node:os';
import {
  type Address,
  isHostPrefix,
  parseAddress,
  type Prefix,
  prefixAddress,
  prefixContains,
} from '../../model/address.ts';
import type { VirtualServerKey } from '../../model/virtual-server.ts';
import { externalAddress, type RangeRoute } from './want.ts';

type Keys = { readonly has: (key: VirtualServerKey) => boolean };

/**
 * The addresses outside the ranges that have a virtual server, and so are bound one by one. They are counted: a change
 * costs what it changes, and a pass without one costs nothing.
 */
export class ExternalAddresses {
  readonly #ranges: readonly Prefix[];
  readonly #allowed: readonly Prefix[];
  /** The virtual servers of each address. */
  readonly #holders = new Map<Address, Set<VirtualServerKey>>();
  #wanted: ReadonlySet<Address> = new Set();
  /** Whether the firewall may cover other addresses than are wanted. */
  #dirty = true;

  constructor(ranges: readonly Prefix[], allowed: readonly Prefix[]) {
    this.#ranges = ranges;
    this.#allowed = allowed;
  }

  /**
   * What is to be bound: the same set as before, as long as nothing has changed. An address of the node itself is none
   * of them: it is bound already, and what else listens there is not ours to close.
   */
  get wanted(): ReadonlySet<Address> {
    return this.#wanted;
  }

  /** @param changed the virtual servers that may have come or gone */
  update(virtualServers: Keys, changed: Iterable<VirtualServerKey>): void {
    if (this.#allowed.length === 0) return;
    for (const key of changed) this.#count(key, virtualServers.has(key));
    const own = this.#holders.size > 0 ? ownAddresses() : new Set();
    const wanted = new Set([...this.#holders.keys()].filter((address) => !own.has(address)));
    if (wanted.symmetricDifference(this.#wanted).size === 0) return;
    this.#wanted = wanted;
    this.#dirty = true;
  }

  /**
   * What the firewall has to cover: what is wanted, and what is still bound, for IPVS and the route let go of an address
   * before the filter does. Undefined where that has not changed.
   *
   * @param audit whether to say it in any case
   */
  toCover(bound: () => readonly RangeRoute[], audit: boolean): ReadonlySet<Address> | undefined {
    if (this.#allowed.length === 0 || !(audit || this.#dirty)) return undefined;
    const covered = new Set([...this.#wanted, ...singleAddresses(bound(), this.#ranges)]);
    this.#dirty = covered.size > this.#wanted.size;
    return covered;
  }

  #count(key: VirtualServerKey, present: boolean): void {
    const address = externalAddress(key, this.#ranges, this.#allowed);
    if (address === undefined) return;
    const holders = this.#holders.get(address) ?? new Set();
    if (present) holders.add(key);
    else holders.delete(key);
    if (holders.size > 0) this.#holders.set(address, holders);
    else this.#holders.delete(address);
  }
}

const singleAddresses = (routes: readonly RangeRoute[], ranges: readonly Prefix[]): Address[] =>
  routes
    .filter(({ kind, prefix }) => kind === 'local' && isHostPrefix(prefix))
    .map(({ prefix }) => prefixAddress(prefix))
    .filter((address) => !ranges.some((range) => prefixContains(range, address)));

const ownAddresses = (): ReadonlySet<Address> =>
  new Set(
    Object.values(networkInterfaces()).flatMap((list = []) => list.map(({ address }) => parseAddress(address) ?? '')),
  );
