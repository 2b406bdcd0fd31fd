import type { Address } from '../model/address.ts';
import type { VirtualServer, VirtualServerKey } from '../model/virtual-server.ts';
import { Conntrack } from './conntrack/apply.ts';
import { createFirewall, type Firewall, type FirewallKind, type FirewallSettings } from './firewall/firewall.ts';
import { ownedFamilies } from './firewall/want.ts';
import { Ipvs } from './ipvs/apply.ts';
import { attempt, inTurn, joined, type PartReport } from './part.ts';
import { ensureSysctls } from './sysctl/apply.ts';
import { type Sysctl, wantedSysctls } from './sysctl/want.ts';
import { RangeRoutes } from './vip/apply.ts';
import { ExternalAddresses } from './vip/external.ts';
import { type RangeRoute, type Sources, wantedRoutes } from './vip/want.ts';

/** Nothing outside the ranges and the external prefixes is touched. */
export interface DataplaneSettings extends FirewallSettings {
  /** The sources of connections that this node itself opens into a range. */
  readonly sources: Sources;
  /** A file that keeps the values that kernel settings had before they were changed. */
  readonly originals: string;
}

/** What one pass found and did in one part of the kernel. */
export interface PartOutcome extends PartReport {
  readonly part: Part;
}

/**
 * In the order they are put in place: whatever makes traffic right stands before the route that attracts it. What
 * conntrack remembers of another way is forgotten last, when no packet can go there any more.
 */
export const PARTS = ['sysctl', 'filter', 'snat', 'mss', 'ipvs', 'vip', 'conntrack'] as const;
export type Part = (typeof PARTS)[number];

type Wanted = ReadonlyMap<VirtualServerKey, VirtualServer>;

/** Traffic is right without the MSS clamp, for all but a few clients. */
const isObstacle = ({ part, problems }: PartOutcome): boolean => part !== 'mss' && problems.length > 0;

/** After reading the tables whole, the pause is so many times as long as it took. */
const PAUSE_PER_LOOK = 9;

/** The kernel of this network namespace, kept equal to what is wanted. */
export class Dataplane {
  readonly #settings: DataplaneSettings;
  readonly #ipvs: Ipvs;
  readonly #routes = new RangeRoutes();
  readonly #firewall: Firewall;
  readonly #conntrack = new Conntrack();
  readonly #sysctls: readonly Sysctl[];
  readonly #external: ExternalAddresses;
  /** The routes for what was last bound. */
  #bound: { readonly addresses: ReadonlySet<Address>; readonly routes: readonly RangeRoute[] } | undefined;
  /** Whether the range is known to be bound. */
  #isBound = false;
  #last: Wanted | undefined;
  #tablesDueAt = 0;

  /** Rejects with `netlink-failed` or `kernel-refused` where the kernel lacks IPVS or the agent lacks the rights. */
  static async open(settings: DataplaneSettings): Promise<Dataplane> {
    return new Dataplane(settings, await createFirewall(settings));
  }

  private constructor(settings: DataplaneSettings, firewall: Firewall) {
    this.#settings = settings;
    this.#ipvs = new Ipvs(settings.ranges);
    this.#firewall = firewall;
    this.#sysctls = wantedSysctls(ownedFamilies(settings.ranges, settings.external).map(({ family }) => family));
    this.#external = new ExternalAddresses(settings.ranges, settings.external);
  }

  get firewall(): FirewallKind {
    return this.#firewall.kind;
  }

  /** Lets go of the kernel and leaves everything in it as it is: established connections go on. */
  close(): void {
    this.#ipvs.close();
    this.#routes.close();
    this.#firewall.close();
    this.#conntrack.close();
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
      if (part === 'vip' && outcomes.some(isObstacle)) continue;
      outcomes.push({ part, ...(await attempt(steps[part])) });
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
      sysctl: () => ensureSysctls(this.#sysctls, this.#settings.originals),
      filter: () =>
        inTurn([
          ...this.#cover(served, changed, whole),
          () => firewall.narrow(served, changed),
          () => firewall.ensureFilter(),
        ]),
      snat: () => firewall.ensureSnat(),
      mss: () => firewall.ensureMss(),
      ipvs: async () => {
        const ensured = await this.#ipvs.ensure(served);
        this.#conntrack.noteIpvs(ensured.udp);
        const ipvs = joined(ensured, await firewall.widen(served, changed));
        return whole ? joined(ipvs, await firewall.auditServed(served)) : ipvs;
      },
      vip: () => this.#bind(served),
      conntrack: () => this.#conntrack.ensure(served),
    };
  }

  async #bind(served: Wanted): Promise<PartReport> {
    const report = await this.#routes.ensure(this.#wantedRoutes());
    if (!this.#isBound && report.changes.length > 0) this.#conntrack.noteBinding(served);
    this.#isBound ||= report.problems.length === 0;
    return report;
  }

  /** The step that tells the firewall about single addresses, before they are bound and behind their end. */
  #cover(served: Wanted, changed: ReadonlySet<VirtualServerKey>, whole: boolean): (() => Promise<PartReport>)[] {
    if (whole) this.#external.update(served, this.#last === undefined ? served.keys() : changed);
    const addresses = this.#external.toCover(() => this.#routes.read(), whole);
    return addresses === undefined ? [] : [() => this.#firewall.cover(addresses)];
  }

  #wantedRoutes(): readonly RangeRoute[] {
    const addresses = this.#external.wanted;
    if (this.#bound?.addresses !== addresses) {
      this.#bound = { addresses, routes: wantedRoutes(this.#settings.ranges, addresses, this.#settings.sources) };
    }
    return this.#bound.routes;
  }
}
