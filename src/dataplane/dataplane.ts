import type { Address } from '../model/address.ts';
import type { Connections } from '../model/drain.ts';
import type { Traffic } from '../model/traffic.ts';
import type { VirtualServer, VirtualServerKey } from '../model/virtual-server.ts';
import { isWithin } from './concern.ts';
import { Conntrack } from './conntrack/apply.ts';
import { createFirewall, type Firewall, type FirewallKind, type FirewallSettings } from './firewall/firewall.ts';
import { ownedFamilies } from './firewall/want.ts';
import { Ipvs } from './ipvs/apply.ts';
import { clearVirtualServers } from './ipvs/remove.ts';
import { TrafficReader } from './ipvs/traffic.ts';
import { type Credit, earned, spent } from './pace.ts';
import { attempt, type DriftKind, inTurn, joined, NOTHING_TO_DO, type PartReport } from './part.ts';
import { ensureSysctls } from './sysctl/apply.ts';
import { type Sysctl, wantedSysctls } from './sysctl/want.ts';
import { RangeRoutes } from './vip/apply.ts';
import { ExternalAddresses } from './vip/external.ts';
import { type RangeRoute, type Sources, wantedRoutes } from './vip/want.ts';

/** Nothing outside the ranges and the external prefixes is touched. */
export interface DataplaneSettings extends FirewallSettings {
  /** How long a draining real server may keep its connections. */
  readonly drainMs: number;
  /** The scheduler of a virtual server whose own one this kernel does not have. */
  readonly fallbackScheduler: string;
  /** The sources of connections that this node itself opens into a range. */
  readonly sources: Sources;
  /** A file that keeps the values that kernel settings had before they were changed. */
  readonly originals: string;
}

/** What one pass found and did in one part of the kernel. */
export interface PartOutcome extends PartReport {
  readonly part: Part;
  /** Absent where that was not timed. */
  readonly tookMs?: number;
  /**
   * Of the virtual servers: when all that had changed was written, in milliseconds of the monotonic clock. What is only
   * looked at comes behind it. Absent for other parts.
   */
  readonly writtenAt?: number;
}

/**
 * In the order they are put in place: whatever makes traffic right stands before the route that attracts it. What
 * conntrack remembers of another way is forgotten last, when no packet can go there any more.
 */
export const PARTS = ['sysctl', 'filter', 'snat', 'mss', 'ipvs', 'vip', 'conntrack'] as const;
export type Part = (typeof PARTS)[number];

type Wanted = ReadonlyMap<VirtualServerKey, VirtualServer>;

/** Traffic is right without the MSS clamp, for all but a few clients. */
const isObstacle = ({ part, problems, unknown }: PartOutcome): boolean =>
  part !== 'mss' && (problems.length > 0 || unknown !== undefined);

/** Whether all that is served is bound after a pass, and so stands as it is wanted. */
export const isBound = (outcomes: readonly PartOutcome[]): boolean =>
  outcomes.some((outcome) => outcome.part === 'vip' && !isObstacle(outcome));

/** The kernel of this network namespace, kept equal to what is wanted. */
export class Dataplane {
  readonly #settings: DataplaneSettings;
  readonly #ipvs: Ipvs;
  readonly #traffic: TrafficReader;
  readonly #routes = new RangeRoutes();
  readonly #firewall: Firewall;
  readonly #conntrack = new Conntrack();
  readonly #sysctls: readonly Sysctl[];
  readonly #external: ExternalAddresses;
  /** The routes for what was last bound. */
  #bound: { readonly addresses: ReadonlySet<Address>; readonly routes: readonly RangeRoute[] } | undefined;
  /** Whether the range is known to be bound. */
  #isBound = false;
  #covered: ReadonlySet<Address> = new Set();
  /** Whether single addresses have come or gone in this pass, so that what differs is not somebody else's doing. */
  #moved = false;
  #ipvsCredit: Credit = { ms: 0, at: performance.now() };
  #servedCredit: Credit = { ms: 0, at: performance.now() };
  /** Parts that were found right once: what differs in them from then on, somebody else has changed. */
  readonly #stood = new Set<Part>();
  /** Whether nothing is left of what an earlier agent served and this one does not. */
  #hasLetGo = false;
  /** When the last change of virtual servers was written. */
  #writtenAt = 0;
  #isAwaited = (): boolean => false;
  /** Before the first call, everything counts as changed. */
  #begun = false;

  /** Rejects with `netlink-failed` or `kernel-refused` where the kernel lacks IPVS or the agent lacks the rights. */
  static async open(settings: DataplaneSettings): Promise<Dataplane> {
    return new Dataplane(settings, await createFirewall(settings));
  }

  private constructor(settings: DataplaneSettings, firewall: Firewall) {
    this.#settings = settings;
    const prefixes = [...settings.ranges, ...settings.external];
    this.#ipvs = new Ipvs(prefixes, settings);
    this.#traffic = new TrafficReader(prefixes);
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

  /** What clients have open to these virtual servers. Rejects with `netlink-failed`; not to be called during `ensure`. */
  connections(virtualServers: Iterable<VirtualServer>): Promise<Connections> {
    return this.#ipvs.connections(virtualServers);
  }

  /** What passes through, also during `ensure`. Never rejects; see traffic.ts for how often it is read. */
  traffic(of?: readonly VirtualServerKey[]): Promise<Traffic> {
    return this.#traffic.read(of);
  }

  /**
   * Makes every part equal to what is wanted. A part that fails does not stop the others, but the route that
   * attracts traffic is touched only behind parts that stand. Never rejects.
   *
   * The tables that hold an entry for each virtual server are changed at once where `changed` says so; beside that they
   * are read, a part in each call, as far as a tenth of the time allows.
   *
   * @param virtualServers may be the same map each time, and may change while this runs
   * @param changed the keys that were added, changed or deleted since the last call
   * @param isAwaited whether the next change waits for the end of this: the reading of IPVS gives way to it
   * @returns the parts that were looked at, in their order
   */
  async ensure(
    virtualServers: Wanted,
    changed: ReadonlySet<VirtualServerKey>,
    isAwaited = (): boolean => false,
  ): Promise<PartOutcome[]> {
    this.#isAwaited = isAwaited;
    const outcomes: PartOutcome[] = [];
    const steps = this.#steps(virtualServers, this.#begun ? changed : new Set(virtualServers.keys()));
    for (const part of PARTS) {
      if (part === 'vip' && outcomes.some(isObstacle)) continue;
      const begin = performance.now();
      const report = await attempt(steps[part]);
      const written = part === 'ipvs' && { writtenAt: this.#writtenAt };
      outcomes.push({ part, ...report, tookMs: performance.now() - begin, ...written });
    }
    this.#begun = true;
    return outcomes;
  }

  #steps(served: Wanted, changed: ReadonlySet<VirtualServerKey>): Record<Part, () => Promise<PartReport>> {
    const firewall = this.#firewall;
    this.#servedCredit = earned(this.#servedCredit, performance.now());
    const audits = this.#servedCredit.ms > 0;
    const noticing = (part: Part, kind: DriftKind, ensure: () => Promise<PartReport>): (() => Promise<PartReport>) =>
      this.#noticing.bind(this, part, kind, ensure);
    return {
      sysctl: noticing('sysctl', 'sysctl', () => ensureSysctls(this.#sysctls, this.#settings.originals)),
      filter: () =>
        inTurn([
          () => this.#cover(served, changed, audits),
          () => firewall.narrow(served, changed),
          noticing('filter', 'filter', () => firewall.ensureFilter()),
        ]),
      snat: noticing('snat', 'snat', () => firewall.ensureSnat()),
      mss: noticing('mss', 'mss', () => firewall.ensureMss()),
      ipvs: () => inTurn([() => this.#letGo(served), () => this.#ensureIpvs(served, changed, audits)]),
      vip: noticing('vip', 'range-route', () => this.#bind(served)),
      conntrack: () => this.#conntrack.ensure(served),
    };
  }

  /**
   * Deletes the virtual servers of an earlier agent in prefixes that are no longer ours: those that only its routes, which
   * carry our mark, still tell of. Once, before those routes go; from then on what is in there is somebody else's.
   */
  async #letGo(served: Wanted): Promise<PartReport> {
    if (this.#hasLetGo) return NOTHING_TO_DO;
    const ours = [...this.#settings.ranges, ...this.#settings.external];
    const bound = this.#routes.read().map(({ prefix }) => prefix);
    const former = bound.filter((prefix) => !ours.some((one) => isWithin(prefix, one)));
    const report = former.length === 0 ? NOTHING_TO_DO : await clearVirtualServers(former, served);
    this.#hasLetGo = report.problems.length === 0;
    return report;
  }

  /** What is not in the table must not pass the filter: without IPVS, nothing is added to what it lets through. */
  async #ensureIpvs(served: Wanted, changed: ReadonlySet<VirtualServerKey>, audits: boolean): Promise<PartReport> {
    const ensured = await this.#ipvs.ensure(served, changed);
    this.#conntrack.noteIpvs(ensured.udp);
    const widened = await attempt(() => this.#firewall.widen(served, changed));
    this.#writtenAt = performance.now();
    const rest = await inTurn([
      async () => widened,
      () => this.#auditIpvs(served),
      ...(audits ? [() => this.#auditServed(served)] : []),
    ]);
    return joined(ensured, rest);
  }

  async #auditIpvs(served: Wanted): Promise<PartReport> {
    this.#ipvsCredit = earned(this.#ipvsCredit, performance.now());
    if (this.#ipvsCredit.ms <= 0) return NOTHING_TO_DO;
    const report = await this.#ipvs.audit(served, this.#ipvsCredit.ms, this.#isAwaited);
    this.#ipvsCredit = spent(this.#ipvsCredit, performance.now());
    this.#conntrack.noteIpvs(report.udp);
    return report;
  }

  /** What the filter has been told can only be read whole. */
  async #auditServed(served: Wanted): Promise<PartReport> {
    this.#servedCredit = earned(this.#servedCredit, performance.now());
    const report = await this.#firewall.auditServed(served);
    this.#servedCredit = spent(this.#servedCredit, performance.now());
    return report.changes.length > 0 ? { ...report, drift: ['served-set'] } : report;
  }

  async #bind(served: Wanted): Promise<PartReport> {
    const report = await this.#routes.ensure(this.#wantedRoutes());
    if (!this.#isBound && report.changes.length > 0) this.#conntrack.noteBinding(served);
    this.#isBound ||= report.problems.length === 0;
    return report;
  }

  async #noticing(part: Part, kind: DriftKind, ensure: () => Promise<PartReport>): Promise<PartReport> {
    const report = await ensure();
    const drifted = this.#stood.has(part) && !this.#moved && report.changes.length > 0;
    if (report.problems.length > 0) this.#stood.delete(part);
    else if (report.unknown === undefined) this.#stood.add(part);
    return drifted ? { ...report, drift: [kind] } : report;
  }

  /** Tells the firewall about single addresses, before they are bound and behind their end. */
  async #cover(served: Wanted, changed: ReadonlySet<VirtualServerKey>, audits: boolean): Promise<PartReport> {
    const wanted = this.#external.wanted;
    if (audits || changed.size > 0) this.#external.update(served, changed);
    const addresses = this.#external.toCover(() => this.#routes.read(), audits) ?? this.#covered;
    this.#moved = wanted !== this.#external.wanted || addresses.symmetricDifference(this.#covered).size > 0;
    if (addresses === this.#covered) return NOTHING_TO_DO;
    this.#covered = addresses;
    return await this.#firewall.cover(addresses);
  }

  #wantedRoutes(): readonly RangeRoute[] {
    const addresses = this.#external.wanted;
    if (this.#bound?.addresses !== addresses) {
      this.#bound = { addresses, routes: wantedRoutes(this.#settings.ranges, addresses, this.#settings.sources) };
    }
    return this.#bound.routes;
  }
}
