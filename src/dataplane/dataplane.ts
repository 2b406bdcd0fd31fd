import type { Address, Prefix } from '../model/address.ts';
import { explain } from '../model/error.ts';
import type { VirtualServer, VirtualServerKey } from '../model/virtual-server.ts';
import { createFirewall, type Firewall, type FirewallKind } from './firewall/firewall.ts';
import { Ipvs } from './ipvs/apply.ts';
import type { PartReport } from './part.ts';
import { ensureSysctls } from './sysctl/apply.ts';
import { RangeRoutes } from './vip/apply.ts';
import { wantedRoutes } from './vip/want.ts';

export interface DataplaneSettings {
  /** Nothing outside these prefixes is touched. */
  readonly ranges: readonly Prefix[];
  readonly firewall: FirewallKind | 'auto';
  /** The source of connections this node itself opens into a range; an address of the node, or undefined. */
  readonly source: Address | undefined;
}

/** What one pass found and did in one part of the kernel. */
export interface PartOutcome extends PartReport {
  readonly part: Part;
}

/** In the order they are put in place: whatever makes traffic right stands before the route that attracts it. */
export const PARTS = ['sysctl', 'filter', 'snat', 'ipvs', 'vip'] as const;
export type Part = (typeof PARTS)[number];

type Wanted = ReadonlyMap<VirtualServerKey, VirtualServer>;

/** After reading the tables whole, the pause is so many times as long as it took. */
const PAUSE_PER_LOOK = 9;

/** The kernel of this network namespace, kept equal to what is wanted. */
export class Dataplane {
  readonly #settings: DataplaneSettings;
  readonly #ipvs: Ipvs;
  readonly #routes = new RangeRoutes();
  readonly #firewall: Firewall;
  #last: Wanted | undefined;
  #tablesDueAt = 0;

  /** Rejects with `netlink-failed` or `kernel-refused` where the kernel lacks IPVS or the agent lacks the rights. */
  static async open(settings: DataplaneSettings): Promise<Dataplane> {
    return new Dataplane(settings, await createFirewall(settings.firewall, settings.ranges));
  }

  private constructor(settings: DataplaneSettings, firewall: Firewall) {
    this.#settings = settings;
    this.#ipvs = new Ipvs(settings.ranges);
    this.#firewall = firewall;
  }

  get firewall(): FirewallKind {
    return this.#firewall.kind;
  }

  /** Lets go of the kernel and leaves everything in it as it is: established connections go on. */
  close(): void {
    this.#ipvs.close();
    this.#routes.close();
    this.#firewall.close();
  }

  /**
   * Makes every part equal to what is wanted. A part that fails does not stop the others, but the route that
   * attracts traffic is touched only behind parts that stand. Never rejects.
   *
   * @param virtualServers a map that is handed in again counts as unchanged, and the tables that hold an entry for each
   *   virtual server are then not read in every pass, but as often as a tenth of the time allows
   * @returns the parts that were looked at, in their order
   */
  async ensure(virtualServers: Wanted, changed: ReadonlySet<VirtualServerKey>): Promise<PartOutcome[]> {
    const begin = performance.now();
    const whole = virtualServers !== this.#last || changed.size > 0 || begin >= this.#tablesDueAt;
    const outcomes = await this.#look(virtualServers, changed, whole);
    if (whole) {
      const settled = outcomes.every(({ changes, problems }) => changes.length + problems.length === 0);
      const end = performance.now();
      this.#tablesDueAt = settled ? end + PAUSE_PER_LOOK * (end - begin) : end;
      this.#last = virtualServers;
    }
    return outcomes;
  }

  async #look(virtualServers: Wanted, changed: ReadonlySet<VirtualServerKey>, whole: boolean): Promise<PartOutcome[]> {
    const outcomes: PartOutcome[] = [];
    const steps = this.#steps(virtualServers, changed, whole);
    for (const part of PARTS) {
      if (part === 'ipvs' && !whole) continue;
      if (part === 'vip' && outcomes.some(({ problems }) => problems.length > 0)) continue;
      outcomes.push({ part, ...(await run(steps[part])) });
    }
    return outcomes;
  }

  #steps(
    served: Wanted,
    changed: ReadonlySet<VirtualServerKey>,
    whole: boolean,
  ): Record<Part, () => Promise<PartReport>> {
    const firewall = this.#firewall;
    return {
      sysctl: ensureSysctls,
      filter: async () => joined(await firewall.narrow(served, changed), await firewall.ensureFilter()),
      snat: () => firewall.ensureSnat(),
      ipvs: async () => {
        const ipvs = joined(await this.#ipvs.ensure(served), await firewall.widen(served, changed));
        return whole ? joined(ipvs, await firewall.auditServed(served)) : ipvs;
      },
      vip: () => this.#routes.ensure(wantedRoutes(this.#settings.ranges, this.#settings.source)),
    };
  }
}

async function run(step: () => Promise<PartReport>): Promise<PartReport> {
  try {
    return await step();
  } catch (error) {
    return { changes: [], problems: [explain(error)] };
  }
}

const joined = (a: PartReport, b: PartReport): PartReport => ({
  changes: [...a.changes, ...b.changes],
  problems: [...a.problems, ...b.problems],
});
