import { Ipvs } from '../../../src/dataplane/ipvs/apply.ts';
import type { IpvsTable } from '../../../src/dataplane/ipvs/plan.ts';
import { type IpvsService, wantedService } from '../../../src/dataplane/ipvs/want.ts';
import { type VirtualServer, type VirtualServerKey, virtualServerKey } from '../../../src/model/virtual-server.ts';
import { KernelIpvs } from './kernel-ipvs.ts';

export const DRAIN_MS = 60_000;
export const POD = '10.1.0.101';
export const OTHER = '10.1.0.102';

/** A virtual server whose real servers are given as address and weight. */
export const server = (
  realServers: Record<string, number> = { [POD]: 1 },
  fields: Partial<VirtualServer> = {},
): VirtualServer => ({
  protocol: 'tcp',
  address: '10.99.66.10',
  port: 80,
  scheduler: 'rr',
  schedulerFlags: [],
  persistenceSeconds: 0,
  realServers: Object.entries(realServers).map(([address, weight]) => ({ address, port: 8080, weight })),
  ...fields,
});

/** One of many virtual servers with two real servers each. */
export const nth = (index: number): VirtualServer => server({ [POD]: 1, [OTHER]: 1 }, { port: 1000 + index });

export const WEB = virtualServerKey(server());
const FOREIGN = wantedService(server({ [POD]: 1 }, { address: '192.0.2.1' }));

/** Ipvs on a kernel double that also holds a virtual server of somebody else, with a clock that stands. */
export class Rig {
  readonly kernel: KernelIpvs;
  readonly ipvs: Ipvs;
  wanted = new Map<VirtualServerKey, VirtualServer>();
  now = 0;

  constructor(...standing: IpvsService[]) {
    this.kernel = new KernelIpvs(new Map([FOREIGN, ...standing].map((one) => [virtualServerKey(one), one])));
    this.ipvs = new Ipvs(['10.99.66.0/23'], { kernel: this.kernel, drainMs: DRAIN_MS, now: () => this.now });
  }

  /** Says what is wanted from now on, and has it brought into the kernel. */
  want(...servers: VirtualServer[]) {
    const before = this.wanted;
    this.wanted = new Map(servers.map((one) => [virtualServerKey(one), one]));
    const keys = [...new Set([...before.keys(), ...this.wanted.keys()])];
    return this.ipvs.ensure(
      this.wanted,
      keys.filter((key) => before.get(key) !== this.wanted.get(key)),
    );
  }

  audit(budgetMs = Number.POSITIVE_INFINITY, isAwaited = (): boolean => false) {
    return this.ipvs.audit(this.wanted, budgetMs, isAwaited);
  }

  /** The kernel's table in short: real servers with their weights, by the key of their virtual server. */
  get table() {
    return inShort(this.kernel.table);
  }

  /** What somebody else does. */
  deleteServer(key = WEB): void {
    this.kernel.do({ kind: 'delete-service', service: this.#standing(key) });
  }

  weigh(address: string, weight: number, kind: 'edit' | 'add' | 'delete' = 'edit'): void {
    const destination = { address, port: 8080, weight, forward: 0 };
    this.kernel.do({ kind: `${kind}-destination`, service: this.#standing(WEB), destination });
  }

  #standing(key: VirtualServerKey): IpvsService {
    const found = this.kernel.table.get(key);
    if (found === undefined) throw new Error(`expected ${key} in the kernel`);
    return found;
  }
}

export const inShort = (table: IpvsTable): Record<VirtualServerKey, Record<string, number>> =>
  Object.fromEntries(
    [...table].map(([key, { destinations }]) => [
      key,
      Object.fromEntries([...destinations.values()].map(({ address, weight }) => [address, weight])),
    ]),
  );
