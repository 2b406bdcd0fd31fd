import { setImmediate as turn } from 'node:timers/promises';
import type { Prefix } from '../../model/address.ts';
import { explain } from '../../model/error.ts';
import { addLoads, NO_LOAD, type RealServerLoad, type Traffic, type VirtualServerLoad } from '../../model/traffic.ts';
import { splitVirtualServerKey, type VirtualServerKey, virtualServerKey } from '../../model/virtual-server.ts';
import { type Flow, IpvsNetlink, type TrafficKernel } from './netlink.ts';
import { ownerOf, type Owns } from './ownership.ts';
import type { IpvsService } from './want.ts';

export interface TrafficSettings {
  /** For tests; by default the kernel this process runs on. */
  readonly open?: () => TrafficKernel;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** Virtual servers whose destinations are read between two turns of the event loop. */
const READINGS_PER_TURN = 16;
const FRESH_MS = 1000;
/** With nine times its own length between two of them, readings take a tenth of the time. */
const REST = 9;

type Loads = Map<VirtualServerKey, VirtualServerLoad>;

/**
 * What passes through the virtual servers inside the prefixes we own, read from the kernel when somebody asks. Each reading
 * has a socket of its own: it may go on while the table is changed, and a change never waits for more than a part of it.
 */
export class TrafficReader {
  readonly #owns: Owns;
  readonly #open: () => TrafficKernel;
  readonly #now: () => number;
  /** The last reading of all, be it under way. */
  #last: Promise<Traffic> | undefined;
  #freshUntil = 0;

  constructor(prefixes: readonly Prefix[], { now, open }: TrafficSettings = {}) {
    this.#owns = ownerOf(prefixes);
    this.#open = open ?? (() => new IpvsNetlink());
    this.#now = now ?? (() => performance.now());
  }

  /**
   * Of all virtual servers, at most one reading a second, however many ask; with `of` only those, each with its real servers.
   * Never rejects.
   */
  read(of?: readonly VirtualServerKey[]): Promise<Traffic> {
    if (of) return this.#reading((kernel) => readSome(kernel, of));
    if (this.#last === undefined || this.#now() >= this.#freshUntil) {
      this.#freshUntil = Number.POSITIVE_INFINITY;
      this.#last = this.#readAll();
    }
    return this.#last;
  }

  async #readAll(): Promise<Traffic> {
    const begun = this.#now();
    const traffic = await this.#reading((kernel) => readAll(kernel, this.#owns));
    const ended = this.#now();
    this.#freshUntil = Math.max(begun + FRESH_MS, ended + REST * (ended - begun));
    return traffic;
  }

  async #reading(read: (kernel: TrafficKernel) => Promise<Loads>): Promise<Traffic> {
    let kernel: TrafficKernel | undefined;
    try {
      kernel = this.#open();
      return trafficOf(await read(kernel));
    } catch (error) {
      return { known: false, why: explain(error) };
    } finally {
      kernel?.close();
    }
  }
}

async function readAll(kernel: TrafficKernel, owns: Owns): Promise<Loads> {
  const flows: Flow[] = [];
  for (const part of kernel.flows()) {
    flows.push(...part.filter(({ service }) => owns(service.address)));
    await turn();
  }
  const loads: Loads = new Map();
  for (const flow of flows) {
    const { active, inactive, opened, perSecond } = loadOf(flow, kernel.realServers(flow.service));
    loads.set(virtualServerKey(flow.service), { active, inactive, opened, perSecond });
    if (loads.size % READINGS_PER_TURN === 0) await turn();
  }
  return loads;
}

async function readSome(kernel: TrafficKernel, keys: readonly VirtualServerKey[]): Promise<Loads> {
  const loads: Loads = new Map();
  for (const [index, key] of keys.entries()) {
    const flow = kernel.flow(identityOf(key));
    if (flow) loads.set(key, loadOf(flow, kernel.realServers(flow.service)));
    if ((index + 1) % READINGS_PER_TURN === 0) await turn();
  }
  return loads;
}

const identityOf = (key: VirtualServerKey): IpvsService => ({
  ...splitVirtualServerKey(key),
  scheduler: '',
  flags: 0,
  timeout: 0,
  destinations: new Map(),
});

const loadOf = ({ opened, perSecond }: Flow, realServers: readonly RealServerLoad[]): VirtualServerLoad => ({
  active: realServers.reduce((sum, { active }) => sum + active, 0),
  inactive: realServers.reduce((sum, { inactive }) => sum + inactive, 0),
  opened,
  perSecond,
  realServers,
});

const trafficOf = (loads: Loads): Traffic => ({
  known: true,
  at: Date.now(),
  total: [...loads.values()].reduce(addLoads, NO_LOAD),
  virtualServers: Object.fromEntries(loads),
});
