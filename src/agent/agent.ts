import type { Logger } from 'pino';
import { type AnnouncementEvent, samePhase, starting, step } from '../announce/step.ts';
import type { Speaker } from '../bgp/speaker.ts';
import type { Config } from '../config/config.ts';
import type { PartOutcome } from '../dataplane/dataplane.ts';
import type { Neighbour } from '../dataplane/neighbours/plan.ts';
import type { Outcome } from '../health/check.ts';
import type { Address } from '../model/address.ts';
import { blockingCondition, type Condition } from '../model/condition.ts';
import type { DesiredSettings } from '../model/desired.ts';
import { DesiredTable } from '../model/desired-table.ts';
import type { Announcement, Status } from '../model/status.ts';
import { type VirtualServer, type VirtualServerKey, virtualServerKey } from '../model/virtual-server.ts';
import type { Source } from '../source/source.ts';
import { type Checks, noChecksYet, record, recordPass, undecidedChecks } from './checks.ts';
import { conditionsOf } from './conditions.ts';
import { countPass, countStep, noCountsYet } from './counts.ts';
import { Journal } from './journal.ts';
import type { UsableRanges } from './ranges.ts';
import { announceable } from './next-hop.ts';
import { Repeater } from './repeater.ts';
import { wantedBgp } from './wanted-bgp.ts';

/** The kernel as the agent sees it: src/dataplane, or a double of it. */
export interface Kernel {
  /** @param changed the keys that were added, changed or deleted since the last call */
  ensure(
    virtualServers: ReadonlyMap<VirtualServerKey, VirtualServer>,
    changed: ReadonlySet<VirtualServerKey>,
  ): Promise<readonly PartOutcome[]>;
  close(): void;
}

/** The probe as the agent sees it: src/health, or a double of it. */
export interface Probe {
  /** Virtual servers of the probe's own, to be put into the kernel. */
  readonly canaries: readonly VirtualServer[];
  /** @returns undefined where there was nothing to tell anything by */
  run(virtualServers: Iterable<VirtualServer>): Promise<Outcome | undefined>;
  close(): void;
}

/** Who else serves Services of the ranges on this node: src/dataplane/neighbours, or a double of it. */
export interface Neighbours {
  look(): readonly Neighbour[];
  close(): void;
}

export interface AgentParts {
  readonly config: Config;
  readonly version: string;
  readonly ranges: UsableRanges;
  readonly source: Source;
  readonly neighbours: Neighbours;
  /** Undefined where another program serves the ranges (`dataplane.mode: none`). */
  readonly kernel: Kernel | undefined;
  readonly probe: Probe;
  readonly speaker: Speaker;
  readonly log: Logger;
  /** The next hop for IPv6 ranges, as the node has it now. */
  readonly nextHopIPv6: () => Address | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * The loop: what the cluster says becomes what the kernel holds, what the kernel holds is probed, what the probe and
 * the tables say becomes an announcement. Each arrow is one method, and state changes only here.
 */
export class Agent {
  readonly #parts: AgentParts;
  readonly #passes: Repeater;
  readonly #probes: Repeater;
  readonly #journal: Journal;
  readonly #startedAt: number;
  readonly #table: DesiredTable;
  #checks: Checks;
  #neighbours: readonly Neighbour[] | undefined;
  #counts = noCountsYet;
  #contested: readonly string[] = [];
  #missingSchedulers: readonly string[] = [];
  #announcement: Announcement;
  #nextHopIPv6: Address | undefined;
  #lastPassAt = performance.now();
  /** Services that have changed since `#table` was brought up to date. */
  #stale = new Set<string>();

  constructor(parts: AgentParts) {
    this.#parts = parts;
    this.#table = new DesiredTable(desiredSettings(parts), parts.probe.canaries);
    const { auditMs, mode } = parts.config.dataplane;
    this.#checks = noChecksYet(mode);
    const { intervalMs } = parts.config.health;
    this.#passes = new Repeater(
      () => this.#pass(),
      () => auditMs,
    );
    this.#probes = new Repeater(
      () => this.#probe(),
      (took) => Math.max(intervalMs - took, 0),
    );
    this.#journal = new Journal(parts.log);
    this.#nextHopIPv6 = parts.nextHopIPv6();
    this.#startedAt = parts.now();
    this.#announcement = starting(this.#startedAt);
  }

  start(): void {
    this.#tellSpeaker();
    this.#parts.source.start((services) => {
      for (const service of services) this.#stale.add(service);
      this.#passes.trigger();
    });
    this.#passes.trigger();
  }

  /** To be called after every change of the speaker's state. */
  bgpChanged(): void {
    this.#journal.conditions(this.#conditions());
  }

  /** Milliseconds since the last pass over the data plane ended: large values mean that the loop hangs. */
  get idleMs(): number {
    return performance.now() - this.#lastPassAt;
  }

  /**
   * Withdraws, waits until every peer has been told and for the configured time on top, and lets go. The kernel stays
   * as it is: connections that still come this way are served to their end.
   */
  async stop(): Promise<void> {
    const { config, kernel, neighbours, now, probe, source, speaker } = this.#parts;
    this.#advance({ kind: 'stop', at: now() });
    await Promise.all([this.#passes.stop(), this.#probes.stop(), source.stop()]);
    const told = await this.#peersTold();
    this.#journal.stopping(told);
    await pause(config.announcement.stopWaitMs);
    await speaker.close();
    probe.close();
    kernel?.close();
    neighbours.close();
  }

  status(): Status {
    const { config, now, probe, ranges, source, speaker, version } = this.#parts;
    return {
      node: config.node,
      version,
      at: now(),
      startedAt: this.#startedAt,
      ranges: ranges.usable,
      announcement: this.#announcement,
      conditions: this.#conditions(),
      checks: [...this.#checks.values()],
      peers: speaker.state().peers,
      source: source.status(),
      virtualServers: [...this.#table.virtualServers.values()],
      canaries: probe.canaries.map(virtualServerKey),
      skipped: this.#table.skipped,
      counts: this.#counts,
    };
  }

  /** source -> model -> dataplane. Nothing is touched before the source has been read completely once. */
  async #pass(): Promise<void> {
    const { config, kernel, neighbours, source } = this.#parts;
    this.#neighbours = neighbours.look();
    if (source.status().synced && this.#isFree()) {
      const changed = this.#desire();
      const outcomes = (await kernel?.ensure(this.#table.virtualServers, changed)) ?? [];
      this.#checks = recordPass(this.#checks, outcomes, config.health);
      this.#counts = countPass(this.#counts, outcomes);
      this.#contested = outcomes.flatMap(({ contested }) => contested ?? []);
      this.#missingSchedulers = outcomes.flatMap(({ missingSchedulers }) => missingSchedulers ?? []);
      this.#journal.pass(outcomes, this.#table.skipped);
      this.#probes.start();
    }
    this.#lastPassAt = performance.now();
    this.#decide();
  }

  /** Whether there is a range to serve that nobody else serves here. */
  #isFree(): boolean {
    const { config, ranges } = this.#parts;
    const taken = config.dataplane.mode === 'ipvs' && this.#neighbours?.length !== 0;
    return ranges.usable.length > 0 && !taken;
  }

  /** Brings the table up to date, and returns what has changed in it. */
  #desire(): ReadonlySet<VirtualServerKey> {
    const changed = this.#table.update(this.#parts.source.snapshot(), this.#stale);
    this.#stale = new Set();
    return changed;
  }

  /** dataplane -> health. */
  async #probe(): Promise<void> {
    const { config, probe } = this.#parts;
    const servers = [...this.#table.virtualServers.values()].filter((server) => !probe.canaries.includes(server));
    const outcome = await probe.run(servers);
    if (outcome) this.#checks = record(this.#checks, 'probe', outcome, config.health);
    this.#decide();
  }

  /** health -> announce. */
  #decide(): void {
    this.#followNextHop();
    const conditions = this.#conditions();
    this.#journal.conditions(conditions);
    const blocking = blockingCondition(conditions);
    const blocked = blocking && { reason: blocking.code, detail: blocking.detail };
    this.#advance({ kind: 'verdict', at: this.#parts.now(), pending: this.#pending(), blocked });
  }

  /** announce -> bgp. */
  #advance(event: AnnouncementEvent): void {
    const before = this.#announcement;
    this.#announcement = step(before, event, this.#parts.config.announcement);
    if (samePhase(before, this.#announcement)) return;
    this.#counts = countStep(this.#counts, before, this.#announcement);
    this.#journal.announcement(this.#announcement, announceable(this.#parts.ranges.usable, this.#nextHopIPv6));
    this.#tellSpeaker();
  }

  /** An address may come and go, as the router advertisements of the link have it. */
  #followNextHop(): void {
    const found = this.#parts.nextHopIPv6();
    if (found === this.#nextHopIPv6) return;
    this.#nextHopIPv6 = found;
    this.#tellSpeaker();
  }

  #tellSpeaker(): void {
    const { config, ranges, speaker } = this.#parts;
    speaker.set(wantedBgp(config, ranges.usable, this.#nextHopIPv6, this.#announcement));
  }

  #pending(): string | undefined {
    if (!this.#parts.source.status().synced) return 'waiting for the first full reading of the source';
    const open = undecidedChecks(this.#checks);
    return open.length > 0 ? `waiting for the checks ${open.join(', ')}` : undefined;
  }

  #conditions(): Condition[] {
    const { config, ranges, source, speaker } = this.#parts;
    const { skipped } = this.#table;
    return conditionsOf({
      checks: this.#checks,
      contested: this.#contested,
      missingSchedulers: this.#missingSchedulers,
      mode: config.dataplane.mode,
      neighbours: this.#neighbours,
      source: source.status(),
      ranges,
      nextHopIPv6: this.#nextHopIPv6,
      skipped,
      bgp: speaker.state(),
    });
  }

  /** Whether every established peer has been told to forget our prefixes, within the time a withdrawal may take. */
  async #peersTold(): Promise<boolean> {
    const deadline = performance.now() + PEERS_TOLD_MS;
    for (;;) {
      const { inSync, peers, reachable } = await this.#parts.speaker.reconcile();
      const told = peers.every(({ advertised, state }) => state !== 'established' || advertised.length === 0);
      if (reachable && inSync && told) return true;
      if (performance.now() > deadline) return false;
      await pause(PEERS_TOLD_POLL_MS);
    }
  }
}

function desiredSettings({ config, ranges }: AgentParts): DesiredSettings {
  const { externalIPs, loadBalancerIPs, scheduling, topologyHints } = config.dataplane;
  const { nodeAddresses, usable } = ranges;
  const addresses = { ranges: usable, externalIPs, loadBalancerIPs, nodeAddresses };
  return { ...addresses, node: config.node, scheduling, topologyHints };
}

const PEERS_TOLD_MS = 5000;
const PEERS_TOLD_POLL_MS = 50;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
