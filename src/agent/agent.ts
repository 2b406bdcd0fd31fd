import { setTimeout as pause } from 'node:timers/promises';
import { isBound } from '../dataplane/dataplane.ts';
import type { Neighbour } from '../dataplane/neighbours/plan.ts';
import type { Check } from '../health/check.ts';
import type { Prefix } from '../model/address.ts';
import type { Condition } from '../model/condition.ts';
import type { Drain } from '../model/drain.ts';
import type { Explanation } from '../model/explain/explanation.ts';
import type { Status } from '../model/status.ts';
import { type Traffic, UNREAD } from '../model/traffic.ts';
import type { VirtualServerKey } from '../model/virtual-server.ts';
import { Announcer } from './announcer.ts';
import { passEveryMs, pendingOf } from './checks.ts';
import { Checkup } from './checkup.ts';
import { conditionsOf, odditiesOf } from './conditions.ts';
import { Desire } from './desire.ts';
import { Drainer } from './drain.ts';
import { explainQuery } from './explain.ts';
import { Fencing } from './fencing.ts';
import { Journal } from './journal.ts';
import type { Legacy } from './legacy.ts';
import type { AgentParts } from './parts.ts';
import { arePeersTold } from './peers-told.ts';
import { RepairFirst } from './repair-first.ts';
import { Repeater } from './repeater.ts';
import { type Sessions, sessionsStep, withSince } from './sessions.ts';

/**
 * The loop: what the cluster says becomes what the kernel holds, what the kernel holds is probed, what the probe and
 * the tables say becomes an announcement. Each arrow is one method, and state changes only here.
 */
export class Agent {
  readonly #parts: AgentParts;
  readonly #passes: Repeater;
  readonly #checkup: Checkup;
  readonly #repairFirst: RepairFirst;
  readonly #journal: Journal;
  readonly #announcer: Announcer;
  readonly #drainer: Drainer;
  readonly #fencing: Fencing;
  readonly #desire: Desire;
  #neighbours: readonly Neighbour[] | undefined;
  #oddities = odditiesOf([]);
  #sessions: Sessions;
  #lastPassAt = performance.now();

  constructor(parts: AgentParts) {
    this.#parts = parts;
    this.#desire = new Desire(parts);
    this.#passes = new Repeater(
      () => this.#pass(),
      () => passEveryMs(this.#checkup.checks, parts.config),
    );
    this.#repairFirst = new RepairFirst(() => {
      this.#passes.trigger();
      return this.#passes.idle;
    }, parts.config.health.fall);
    this.#checkup = new Checkup(parts, [this.#probe(), ...parts.checks], () => this.#decide());
    this.#journal = new Journal(parts);
    this.#sessions = parts.legacy?.sessions ?? new Map();
    this.#drainer = new Drainer(parts, this.#journal);
    this.#fencing = new Fencing(parts, () => this.#journal.conditions(this.#conditions()));
    this.#announcer = new Announcer(parts, this.#journal);
  }

  start(): void {
    this.#announcer.tellSpeaker();
    this.#parts.presence.start(() => {
      this.#decide();
      this.#fencing.look();
    });
    this.#parts.peers.follow(() => this.#peersChanged());
    this.#parts.source.start((services) => {
      this.#desire.changed(services);
      this.#passes.trigger();
      this.#parts.peers.look();
    });
    this.#passes.trigger();
    for (const { name } of this.#parts.checks) this.#checkup.start(name);
  }

  /** To be called when something of the data plane may have changed in the kernel. */
  kernelChanged(): void {
    this.#passes.trigger();
  }

  /** To be called when a check would probably find something else now than it found the last time. */
  recheck(name: string): void {
    this.#checkup.trigger(name);
  }

  /** Orders this node to hand its traffic over. @param untilExit whether the next agent is to forget the order */
  orderDrain(timeoutMs: number | undefined, untilExit: boolean): Drain | undefined {
    this.#drainer.order(timeoutMs, untilExit);
    this.#decide();
    return this.#drainer.drain;
  }

  /** Calls the order off. @returns the drain that something else still asks for */
  callOffDrain(): Drain | undefined {
    this.#drainer.callOff();
    this.#decide();
    return this.#drainer.drain;
  }

  /** Withdraws ranges that the next agent will not have. @returns whether every peer has been told */
  withdraw(gone: readonly Prefix[]): Promise<boolean> {
    return this.#announcer.withdraw(gone);
  }

  /** To be called after every change of the speaker's state. */
  bgpChanged(): void {
    const { now, speaker, tally } = this.#parts;
    const before = this.#sessions;
    this.#sessions = sessionsStep(before, speaker.state().peers, now());
    tally.sessions(before, this.#sessions);
    const conditions = this.#conditions();
    // The others come first: whether this node may be fenced depends on what they know.
    this.#announcer.tellOthers(conditions);
    this.#fencing.look();
    this.#journal.conditions(conditions);
  }

  /** Milliseconds since the last pass over the data plane ended: large values mean that the loop hangs. */
  get idleMs(): number {
    return performance.now() - this.#lastPassAt;
  }

  /**
   * Withdraws, waits until every peer has been told and for the configured time on top, and lets go. The kernel stays
   * as it is: connections that still come this way are served to their end.
   *
   * @returns whether it is certain that nothing is announced any more
   */
  async stop(): Promise<boolean> {
    const { config, presence } = this.#parts;
    this.#announcer.stop();
    await this.#stopLoops();
    const told = await arePeersTold(this.#parts.speaker);
    this.#journal.stopping(told);
    await pause(config.announcement.stopWaitMs);
    // A node that is away for its maintenance has its turn still.
    await (this.#drainer.isKept ? presence.handOver() : presence.stop());
    await this.#letGo();
    return told;
  }

  /** Lets go of everything and withdraws nothing: the next agent finds all as this one leaves it. */
  async handOver(): Promise<void> {
    await Promise.all([this.#stopLoops(), this.#parts.presence.handOver()]);
    await this.#letGo();
  }

  /** What passes through this node, as its kernel says now. @param of some virtual servers, to be told with their real servers */
  async traffic(of?: readonly VirtualServerKey[]): Promise<Traffic> {
    return (await this.#parts.kernel?.traffic(of)) ?? UNREAD;
  }

  /** Why a Service is served or why not: see explain.ts. */
  explain(query: string): Promise<Explanation> {
    return explainQuery(query, this.#parts, this.status());
  }

  status(): Status {
    const { config, now, presence, ranges, source, speaker, startedAt, tally, version } = this.#parts;
    const { announcement, flaps, history } = this.#announcer.decision;
    const bgp = speaker.state();
    return {
      node: config.node,
      version,
      at: now(),
      startedAt,
      ranges: ranges.usable,
      announcement,
      history,
      flaps,
      announcedAddresses: this.#announcer.announcedAddresses,
      drain: this.#drainer.drain,
      conditions: this.#conditions(),
      checks: [...this.#checkup.checks.values()],
      census: presence.census(),
      peers: withSince(bgp.peers, this.#sessions),
      gobgpdApi: bgp.version,
      source: source.status(),
      virtualServers: [...this.#desire.virtualServers.values()],
      canaries: this.#desire.canaries,
      skipped: this.#desire.skipped,
      counts: tally.counts,
    };
  }

  /** The switches that are told, and what they are told of this node. */
  #peersChanged(): void {
    this.#announcer.follow();
    this.#journal.conditions(this.#conditions());
  }

  /** source -> model -> dataplane. Nothing is touched before the source has been read completely once. */
  async #pass(): Promise<void> {
    const { kernel, neighbours, source, tally } = this.#parts;
    this.#neighbours = neighbours.look();
    if (source.status().synced && this.#isFree()) {
      const desire = this.#desire;
      const { changed, toldAt } = desire.update();
      const addresses = desire.announcedAddresses;
      this.#announcer.withdrawAllBut(addresses);
      const outcomes = (await kernel?.ensure(desire.virtualServers, changed, () => desire.isStale)) ?? [];
      // First of all: what follows may decide to announce.
      if (kernel === undefined || isBound(outcomes)) this.#announcer.announceServed(addresses);
      this.#checkup.recordPass(outcomes);
      if (outcomes.some(({ drift }) => drift)) this.#repairFirst.mended();
      tally.pass(outcomes, toldAt);
      this.#oddities = odditiesOf(outcomes);
      this.#journal.pass(outcomes, desire.skipped);
      if (this.#drainer.isCounting) await this.#drainer.count(kernel, desire.served);
      this.#checkup.start('probe');
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

  /** dataplane -> health. */
  #probe(): Check {
    const { config, kernel, probe } = this.#parts;
    // While connections are counted, the canary has to do: those of the probe would be taken for a client's.
    const targets = () => (kernel && this.#drainer.isCounting ? [] : this.#desire.served);
    const run = () => this.#repairFirst.judge(() => probe.run(targets()));
    return { name: 'probe', cadence: config.health, thresholds: config.health, run };
  }

  /** health -> announce. */
  #decide(): void {
    this.#drainer.step(this.#announcer.decision);
    const conditions = this.#conditions();
    const { drain, wish } = this.#drainer;
    const pending = pendingOf(this.#parts.source.status(), this.#checkup.checks, this.#parts.config.health.checks);
    this.#announcer.decide({ conditions, pending, drain: wish, turn: drain?.turn });
    this.#journal.conditions(this.#conditions());
  }

  #conditions(): Condition[] {
    const { config, needsRestart, now, peers, presence, ranges, source, speaker, staleConfig, unwatched } = this.#parts;
    return conditionsOf({
      checks: this.#checkup.checks,
      own: config.health.checks,
      ...this.#oddities,
      mode: config.dataplane.mode,
      neighbours: this.#neighbours,
      source: source.status(),
      ranges,
      withoutNextHop: this.#announcer.withoutNextHop,
      weightProblem: this.#announcer.weightProblem,
      census: config.announcement.minimumAnnouncers === 0 ? undefined : presence.census(),
      heldBack: this.#announcer.decision.heldBack,
      skipped: this.#desire.skipped,
      bgp: speaker.state(),
      accept: config.bgp.accept,
      peerProblems: peers.resolved.problems,
      sessions: this.#sessions,
      now: now(),
      fence: this.#fencing.detail,
      unwatched: unwatched(),
      staleConfig: staleConfig(),
      needsRestart: needsRestart(),
    });
  }

  /** What the next agent of this process takes up. */
  get legacy(): Legacy {
    return {
      config: this.#parts.config,
      decision: this.#announcer.decision,
      checks: this.#checkup.checks,
      sessions: this.#sessions,
      journal: this.#journal,
    };
  }

  async #stopLoops(): Promise<void> {
    const { peers, source } = this.#parts;
    await Promise.all([this.#passes.stop(), this.#checkup.stop(), source.stop(), peers.stop()]);
  }

  async #letGo(): Promise<void> {
    const { kernel, neighbours, probe, speaker } = this.#parts;
    await this.#fencing.stop();
    await speaker.close();
    probe.close();
    kernel?.close();
    neighbours.close();
  }
}
