import { setImmediate as turn } from 'node:timers/promises';
import type { Prefix } from '../../model/address.ts';
import type { Connections } from '../../model/drain.ts';
import { type VirtualServer, type VirtualServerKey, virtualServerKey } from '../../model/virtual-server.ts';
import { type Answer, refusalOf } from '../netlink/socket.ts';
import type { PartReport } from '../part.ts';
import { type Round, startRound } from './audit.ts';
import { countConnections } from './connections.ts';
import { Contests } from './contest.ts';
import { type Drains, stepDrains, withDrains } from './drain.ts';
import { driftOf, endsDrain, ownersOf } from './drift.ts';
import { Findings } from './findings.ts';
import { KnownTable } from './known.ts';
import { type IpvsKernel, IpvsNetlink } from './netlink.ts';
import { ownerOf, type Owns } from './ownership.ts';
import { formatOperation, inBatches, type IpvsOperation, type IpvsTable, planService } from './plan.ts';
import { Schedulers } from './scheduler.ts';
import { type IpvsService, wantedService } from './want.ts';

/** What one look at the table found and did. */
export interface IpvsReport extends PartReport {
  /** What was done to virtual servers over UDP: conntrack keeps clients at what was before. */
  readonly udp: readonly IpvsOperation[];
}

export interface IpvsSettings {
  /** How long a draining real server may keep its connections. */
  readonly drainMs?: number;
  /** What a virtual server gets whose own scheduler this kernel does not have. */
  readonly fallbackScheduler?: string;
  /** For tests; by default the kernel this process runs on. */
  readonly kernel?: IpvsKernel;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** What one virtual server needs, in order. */
type Plan = readonly IpvsOperation[];
type Wanted = ReadonlyMap<VirtualServerKey, VirtualServer>;

const DRAIN_MS = 300_000;
/** Work between two turns of the event loop: messages that change something, and services that are read. */
const CHANGES_PER_TURN = 64;
const READINGS_PER_TURN = 16;
/** What is there already, or no longer: somebody else was faster. */
const STALE: ReadonlySet<string | undefined> = new Set(['EEXIST', 'ENOENT', 'ESRCH']);

/** The first refusal of a virtual server; those behind it follow from it. */
interface Refusal {
  readonly what: string;
  readonly stale: boolean;
}
/** How far an audit may go on. */
interface Patience {
  readonly until: number;
  readonly isAwaited: () => boolean;
}
type Refusals = Map<VirtualServerKey, Refusal>;

/**
 * The IPVS table of the current network namespace, and the part of it that lies inside the prefixes we own.
 *
 * What was read once is remembered, and what the kernel acknowledges is taken over, so that a change costs its own
 * messages and nothing else. Whether the memory is right is for the audit to find out. Calls must not overlap.
 */
export class Ipvs {
  readonly #kernel: IpvsKernel;
  readonly #owns: Owns;
  readonly #drainMs: number;
  readonly #now: () => number;
  /** Undefined before the first reading, and where answers of the kernel may have been lost. */
  #known: KnownTable | undefined;
  readonly #drains = new Map<VirtualServerKey, Drains>();
  readonly #contests = new Contests();
  readonly #schedulers: Schedulers;
  /** Services of which something was refused: they are read again before they are planned again. */
  readonly #unsure = new Set<VirtualServerKey>();
  #round: Round | undefined;

  /** Throws `kernel-refused` where the kernel has no IPVS. */
  constructor(
    prefixes: readonly Prefix[],
    { drainMs = DRAIN_MS, fallbackScheduler = 'rr', kernel, now }: IpvsSettings = {},
  ) {
    this.#owns = ownerOf(prefixes);
    this.#drainMs = drainMs;
    this.#schedulers = new Schedulers(fallbackScheduler);
    this.#kernel = kernel ?? new IpvsNetlink();
    this.#now = now ?? (() => performance.now());
  }

  /** Netlink messages sent and received so far. */
  get messages(): IpvsKernel['messages'] {
    return this.#kernel.messages;
  }

  close(): void {
    this.#kernel.close();
  }

  /** The services inside our prefixes; everybody else's destinations are not even read. Rejects with `netlink-failed`. */
  async read(): Promise<IpvsTable> {
    const table = new Map<VirtualServerKey, IpvsService>();
    for (const service of this.#services()) {
      table.set(virtualServerKey(service), { ...service, destinations: this.#kernel.destinations(service) });
      if (table.size % READINGS_PER_TURN === 0) await turn();
    }
    return table;
  }

  /**
   * Brings the changed virtual servers into the kernel; the first time, and after lost answers, all of them. What
   * stands already is adopted as it is. Rejects with `netlink-failed`.
   *
   * @param wanted may change while this runs: what counts is what it says when a virtual server has its turn
   * @param changed the keys added to, changed in or deleted from `wanted` since the last call
   */
  async ensure(wanted: Wanted, changed: Iterable<VirtualServerKey>): Promise<IpvsReport> {
    const findings = new Findings();
    try {
      return await this.#bring(wanted, changed, findings);
    } catch {
      this.#forget();
      return await this.#orForget(() => this.#bring(wanted, changed, findings));
    }
  }

  /**
   * Compares what the kernel holds with what is wanted, service by service, and repairs what differs. Goes on where the
   * last call stopped, and stops at the end of the table or after `budgetMs`. Rejects with `netlink-failed`.
   *
   * @param isAwaited whether a change waits for its end: it gives way, though never before it has looked at one service
   */
  async audit(wanted: Wanted, budgetMs: number, isAwaited = (): boolean => false): Promise<IpvsReport> {
    const known = this.#known;
    const findings = new Findings();
    if (known)
      await this.#orForget(() =>
        this.#continueRound(known, wanted, { until: this.#now() + budgetMs, isAwaited }, findings),
      );
    return this.#report(findings);
  }

  /** Of clients to these virtual servers, added up. Rejects with `netlink-failed`. */
  connections(virtualServers: Iterable<VirtualServer>): Promise<Connections> {
    return this.#orForget(() => countConnections(this.#kernel, virtualServers));
  }

  async #bring(wanted: Wanted, changed: Iterable<VirtualServerKey>, findings: Findings): Promise<IpvsReport> {
    const whole = this.#known === undefined;
    const known = (this.#known ??= new KnownTable(await this.read()));
    const keys = new Set(whole ? [...known.keys(), ...wanted.keys()] : [...this.#unsure, ...changed]);
    const refused = await this.#apply(known, this.#plans(known, keys, wanted, findings), findings);
    // Where somebody else was faster, their work is read and taken into account, once.
    const stale = [...refused.keys()].filter((key) => refused.get(key)?.stale);
    for (const key of stale) this.#unsure.add(key);
    const again = await this.#apply(known, this.#plans(known, stale, wanted, findings), findings);
    for (const [key, { what, stale: retried }] of new Map([...refused, ...again])) {
      if (retried && !again.has(key)) continue;
      this.#unsure.add(key);
      findings.problems.push(what);
    }
    return this.#report(findings);
  }

  async #continueRound(known: KnownTable, wanted: Wanted, patience: Patience, findings: Findings): Promise<void> {
    const { isAwaited, until } = patience;
    this.#round ??= startRound(this.#services(), known, wanted.keys());
    const { left, suspects } = this.#round;
    for (let key = left.pop(); key !== undefined; key = left.pop()) {
      if (suspects.has(key) || !this.#stands(known, key, wanted)) await this.#repair(known, key, wanted, findings);
      if ((this.#now() >= until || isAwaited()) && left.length > 0) return;
      if (left.length % READINGS_PER_TURN === 0) await turn();
    }
    this.#round = undefined;
  }

  /** Whether a service that is known reads as it should; takes the numbers of its connections over. */
  #stands(known: KnownTable, key: VirtualServerKey, wanted: Wanted): boolean {
    const before = known.get(key);
    if (before === undefined) return false;
    const actual = { ...before, destinations: this.#kernel.destinations(before) };
    if (this.#plan(key, wanted, actual).length > 0) return false;
    known.set(key, actual);
    return true;
  }

  async #repair(known: KnownTable, key: VirtualServerKey, wanted: Wanted, findings: Findings): Promise<void> {
    const operations = this.#confirm(known, key, wanted, findings);
    if (operations.length === 0) return;
    const refused = await this.#apply(known, [operations], findings);
    this.#readAgain(known, key, wanted);
    const left = this.#plan(key, wanted, known.get(key))
      .filter((operation) => !this.#isContested(operation))
      // One that somebody gave a weight drains again now, and may be idle at once: its end is for the next look.
      .filter((operation) => !endsDrain(operation, wanted.get(key)));
    if (left.length === 0) return;
    this.#unsure.add(key);
    const undone = left.map((operation) => `still to do: ${formatOperation(operation)}`);
    findings.problems.push(...[...refused.values()].map(({ what }) => what), ...undone);
  }

  /** One plan for each key. Lazily, so that what is planned is what is wanted when its batch is sent. */
  *#plans(known: KnownTable, keys: Iterable<VirtualServerKey>, wanted: Wanted, findings: Findings): Generator<Plan> {
    for (const key of keys) {
      if (this.#unsure.delete(key)) yield this.#confirm(known, key, wanted, findings);
      else yield this.#plan(key, wanted, known.get(key));
    }
  }

  #plan(key: VirtualServerKey, wanted: Wanted, actual: IpvsService | undefined): IpvsOperation[] {
    const server = wanted.get(key);
    const service = this.#schedulers.usable(key, server && wantedService(server));
    if (!server?.realServers.some(({ weight }) => weight === 0)) {
      this.#drains.delete(key);
      return planService(service, actual);
    }
    const now = this.#now();
    const drains = stepDrains(this.#drains.get(key), service, actual, now);
    if (drains.size > 0) this.#drains.set(key, drains);
    else this.#drains.delete(key);
    return planService(service && withDrains(service, actual, drains, now, this.#drainMs), actual);
  }

  /** What a virtual server needs by a new reading of it alone, without what somebody else insists on. */
  #confirm(known: KnownTable, key: VirtualServerKey, wanted: Wanted, findings: Findings): IpvsOperation[] {
    const expected = this.#plan(key, wanted, known.get(key));
    this.#readAgain(known, key, wanted);
    const needed = this.#plan(key, wanted, known.get(key));
    const server = wanted.get(key);
    const drift = driftOf(needed, expected, server);
    findings.drift.push(...drift.map(({ kind }) => kind));
    const contested = needed.flatMap(ownersOf).filter((subject) => this.#contests.isContested(subject));
    const found = new Set([...drift.map(({ subject }) => subject), ...contested]);
    const now = this.#now();
    const left = new Set([...found].filter((subject) => !this.#contests.mayRepair(subject, now)));
    return needed.filter((operation) => !ownersOf(operation).some((subject) => left.has(subject)));
  }

  #isContested(operation: IpvsOperation): boolean {
    return ownersOf(operation).some((subject) => this.#contests.isContested(subject));
  }

  #readAgain(known: KnownTable, key: VirtualServerKey, wanted: Wanted): void {
    const server = wanted.get(key);
    const identity = server ? wantedService(server) : (known.get(key) ?? this.#round?.found.get(key));
    if (identity) known.set(key, this.#kernel.service(identity));
  }

  async #apply(known: KnownTable, plans: Iterable<Plan>, findings: Findings): Promise<Refusals> {
    const refusals: Refusals = new Map();
    for (const batch of inBatches(plans, CHANGES_PER_TURN)) {
      const answers = this.#kernel.change(batch);
      batch.forEach((operation, index) => {
        const refusal = refusalIn(operation, answers[index]);
        const key = virtualServerKey(operation.service);
        if (refusal === undefined) findings.done(operation, known);
        else if (!refusals.has(key)) refusals.set(key, refusal);
        this.#schedulers.learn(operation, answers[index]?.error);
      });
      if (batch.length === CHANGES_PER_TURN) await turn();
    }
    return refusals;
  }

  #services(): IpvsService[] {
    return this.#kernel.services().filter(({ address }) => this.#owns(address));
  }

  #report({ changes, drift, problems, udp }: Findings): IpvsReport {
    // A lone change is two system calls. The clock would be a third where it is one, as in some virtual machines.
    const contested = this.#contests.isEmpty ? [] : this.#contests.contested(this.#now());
    return { changes, drift, problems, udp, contested, missingSchedulers: this.#schedulers.missing };
  }

  async #orForget<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#forget();
      throw error;
    }
  }

  /** Answers may have been lost, and with them what the kernel holds: the next call reads everything anew. */
  #forget(): void {
    this.#known = undefined;
    this.#round = undefined;
    this.#unsure.clear();
    this.#kernel.reopen();
  }
}

function refusalIn(operation: IpvsOperation, answer: Answer | undefined): Refusal | undefined {
  const refusal = answer && refusalOf(answer);
  if (refusal === undefined) return undefined;
  return { what: `${formatOperation(operation)}: ${refusal}`, stale: STALE.has(answer?.error) };
}
