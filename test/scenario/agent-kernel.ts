import { isDeepStrictEqual } from 'node:util';
import type { Fence, Kernel, Neighbours, Probe } from '../../src/agent/parts.ts';
import type { Presence, Told } from '../../src/cluster/presence.ts';
import { type Part, type PartOutcome, PARTS } from '../../src/dataplane/dataplane.ts';
import type { DriftKind } from '../../src/dataplane/part.ts';
import { type IpvsOperation, type IpvsTable, formatOperation } from '../../src/dataplane/ipvs/plan.ts';
import { TrafficReader } from '../../src/dataplane/ipvs/traffic.ts';
import { wantedService } from '../../src/dataplane/ipvs/want.ts';
import type { Sessions } from '../../src/dataplane/fence/want.ts';
import type { Neighbour } from '../../src/dataplane/neighbours/plan.ts';
import type { PartReport } from '../../src/dataplane/part.ts';
import type { Census } from '../../src/model/census.ts';
import type { Finding } from '../../src/health/check.ts';
import { runRound } from '../../src/health/round.ts';
import type { Attempt } from '../../src/health/targets.ts';
import { type Address, type Family, familyOf } from '../../src/model/address.ts';
import type { Connections } from '../../src/model/drain.ts';
import type { Traffic } from '../../src/model/traffic.ts';
import { type VirtualServer, type VirtualServerKey, virtualServerKey } from '../../src/model/virtual-server.ts';
import { KernelIpvs, planTable } from '../unit/dataplane/kernel-ipvs.ts';

const DRIFT: Partial<Record<Part, DriftKind>> = {
  sysctl: 'sysctl',
  filter: 'filter',
  snat: 'snat',
  mss: 'mss',
  vip: 'range-route',
};

/** A kernel that holds what it is given. Its parts can be taken away, and can refuse to be put back. */
export class FakeKernel implements Kernel {
  readonly #ipvs = new KernelIpvs();
  readonly #standing = new Set<Part>();
  /** Parts that were made once: what is missing of them from then on, somebody else has taken away. */
  readonly #once = new Set<Part>();
  /** Parts that the kernel refuses to make. */
  readonly refuses = new Set<Part>();
  /** Parts that the agent lacks something to look at. */
  readonly hidden = new Set<Part>();
  /** The keys that each pass was told to have changed, where there were any. */
  readonly told: VirtualServerKey[][] = [];
  /** What a pass waits for before it does anything. */
  busy: Promise<void> | undefined;
  /** What a pass that has something to change waits for. */
  stalled: Promise<void> | undefined;
  passes = 0;
  /** What clients have open, the canaries left out. */
  clients: Connections = { active: 0, opened: 0, received: 0 };
  /** Which virtual servers their connections were asked for, each time. */
  readonly counted: VirtualServerKey[][] = [];
  closed = false;
  readonly #traffic = new TrafficReader(['0.0.0.0/0', '::/0'], { open: () => this.#ipvs.forTraffic() });

  get table(): IpvsTable {
    return this.#ipvs.table;
  }

  /** What somebody else does: a part is gone, until it is made again. */
  takeAway(part: Part): void {
    this.#standing.delete(part);
    const services = part === 'ipvs' ? [...this.#ipvs.table.values()] : [];
    for (const service of services) this.#ipvs.do({ kind: 'delete-service', service });
  }

  /** Whether the path of a connection leads to a real server. */
  serves(target: VirtualServer): boolean {
    const service = this.#ipvs.table.get(virtualServerKey(target));
    const open = service !== undefined && [...service.destinations.values()].some(({ weight }) => weight > 0);
    return open && PARTS.every((part) => part === 'ipvs' || this.#standing.has(part));
  }

  /** In the order of the real data plane: the binding is only made behind parts that stand. */
  async ensure(
    virtualServers: ReadonlyMap<VirtualServerKey, VirtualServer>,
    changed: ReadonlySet<VirtualServerKey>,
  ): Promise<PartOutcome[]> {
    this.passes += 1;
    if (changed.size > 0) this.told.push([...changed].toSorted());
    await this.busy;
    if (changed.size > 0) await this.stalled;
    const outcomes: PartOutcome[] = [];
    for (const part of PARTS) {
      if (part === 'vip' && outcomes.some(({ problems }) => problems.length > 0)) continue;
      if (this.hidden.has(part)) {
        outcomes.push({ part, changes: [], problems: [], unknown: [`${part}: EMFILE`] });
        continue;
      }
      outcomes.push(part === 'ipvs' ? this.#ensureIpvs(virtualServers) : this.#ensurePart(part));
    }
    return outcomes;
  }

  async connections(virtualServers: Iterable<VirtualServer>): Promise<Connections> {
    this.counted.push([...virtualServers].map(virtualServerKey));
    return this.clients;
  }

  traffic(of?: readonly VirtualServerKey[]): Promise<Traffic> {
    return this.#traffic.read(of);
  }

  close(): void {
    this.closed = true;
  }

  #ensurePart(part: Part): PartOutcome {
    if (this.#standing.has(part)) return { part, changes: [], problems: [] };
    const kind = this.#once.has(part) ? DRIFT[part] : undefined;
    const refused = this.refuses.has(part);
    if (!refused) this.#standing.add(part);
    this.#once.add(part);
    const problems = refused ? [`still to do: make ${part}`] : [];
    return { part, changes: [`make ${part}`], problems, ...(kind && { drift: [kind] }) };
  }

  #ensureIpvs(virtualServers: ReadonlyMap<VirtualServerKey, VirtualServer>): PartOutcome {
    const wanted = new Map([...virtualServers].map(([key, server]) => [key, wantedService(server)]));
    const plan = planTable(wanted, this.#ipvs.table);
    const refused = plan.flatMap((operation) => this.#try(operation));
    const writtenAt = performance.now();
    return { part: 'ipvs', changes: plan.map(formatOperation), problems: refused, writtenAt };
  }

  #try(operation: IpvsOperation): string[] {
    const error = this.refuses.has('ipvs') ? 'EPERM' : this.#ipvs.do(operation);
    return error === undefined ? [] : [`${formatOperation(operation)}: ${error}`];
  }
}

/** Other programs on the node: as many as the test puts there. */
export class FakeNeighbours implements Neighbours {
  found: readonly Neighbour[] = [];
  looks = 0;
  closed = false;

  look(): readonly Neighbour[] {
    this.looks += 1;
    return this.found;
  }

  close(): void {
    this.closed = true;
  }
}

const canaryAt = (address: Address): VirtualServer => ({
  protocol: 'tcp',
  address,
  port: 9,
  scheduler: 'rr',
  schedulerFlags: [],
  persistenceSeconds: 0,
  realServers: [{ address: address.includes(':') ? 'fd66:6661:6972::6' : '169.254.77.6', port: 40_000, weight: 1 }],
});

/** A client of the fake kernel, or of another program that serves everything. What the kernel's tables do not show, such as a dropped packet, is told to it. */
export class FakeProbe implements Probe {
  readonly #kernel: FakeKernel | undefined;
  readonly #families: readonly Family[];
  readonly canaries: readonly VirtualServer[];
  /** Packets get lost on the way to the pods: all, or those of a family. */
  losesPackets: boolean | Family = false;
  /** Why the probe has no connection to try with; undefined while it has. */
  lacks: string | undefined;
  /** Pods that answer with a reset, by the key of their virtual server. */
  readonly deaf = new Set<VirtualServerKey>();
  /** Rounds that may be run; those beyond wait. */
  allowed = Number.POSITIVE_INFINITY;
  rounds = 0;
  closed = false;

  /**
   * @param kernel undefined where another program serves everything
   * @param addresses where the canaries are served, one for each family
   */
  constructor(kernel: FakeKernel | undefined, addresses: readonly Address[]) {
    this.#kernel = kernel;
    this.#families = addresses.map(familyOf);
    this.canaries = kernel ? addresses.map(canaryAt) : [];
  }

  async run(virtualServers: Iterable<VirtualServer>): Promise<Finding | undefined> {
    while (this.rounds >= this.allowed) await new Promise((resolve) => setTimeout(resolve, 2));
    return runRound({
      families: this.#families,
      canaries: this.canaries,
      virtualServers,
      number: this.rounds++,
      attempt: async (target) => this.#attempt(target),
    });
  }

  close(): void {
    this.closed = true;
  }

  #attempt(target: VirtualServer): Attempt {
    if (this.lacks !== undefined) throw new Error(this.lacks);
    if (this.losesPackets === true || this.losesPackets === familyOf(target.address)) return 'timed-out';
    const served = this.#kernel === undefined || this.#kernel.serves(target);
    return served && !this.deaf.has(virtualServerKey(target)) ? 'connected' : 'refused';
  }
}

/** A firewall that holds the rules of a fence, from an earlier agent too. */
export class FakeFence implements Fence {
  raised: Sessions | undefined;
  /** What keeps it from being raised whole, or lifted. */
  problems: readonly string[] = [];
  /** Whether gobgpd has a session. */
  open = true;
  raises = 0;
  lifts = 0;
  closed = false;

  isOpen(): boolean {
    return this.open;
  }

  async raise(sessions: Sessions): Promise<PartReport> {
    const changes = this.raised ? [] : ['raise'];
    this.raises += 1;
    this.raised = sessions;
    return { changes, problems: this.problems };
  }

  async lift(): Promise<PartReport> {
    const changes = this.raised ? ['lift'] : [];
    this.lifts += 1;
    if (this.problems.length === 0) this.raised = undefined;
    return { changes, problems: this.problems };
  }

  close(): void {
    this.closed = true;
  }
}

/** The other nodes as a test wants them; what the agent tells them is kept. */
export class FakePresence implements Presence {
  found: Census = { known: false, why: 'not read yet' };
  readonly told: Told[] = [];
  ended: 'handed over' | 'stopped' | undefined;
  #onChange = (): void => {};

  start(onChange: () => void): void {
    this.#onChange = onChange;
  }

  tell(own: Told): void {
    if (!isDeepStrictEqual(own, this.told.at(-1))) this.told.push(own);
  }

  census(): Census {
    return this.found;
  }

  /** What a read of the others brings. */
  finds(found: Census): void {
    this.found = found;
    this.#onChange();
  }

  async handOver(): Promise<void> {
    this.ended = 'handed over';
  }

  async stop(): Promise<void> {
    this.ended = 'stopped';
  }
}
