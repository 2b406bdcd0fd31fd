import {
  type GivenOrder,
  drainRequest,
  type DrainEvent,
  type DrainSettings,
  type DrainState,
  type DrainWish,
  drainWish,
  ORDER,
  resumed,
  stepDrain,
} from '../announce/drain.ts';
import type { Decision } from '../announce/step.ts';
import type { Connections, Drain, DrainOrder } from '../model/drain.ts';
import { explain } from '../model/error.ts';
import type { Announcement } from '../model/status.ts';
import type { VirtualServer } from '../model/virtual-server.ts';
import { DrainFile } from './drain-file.ts';
import type { Journal } from './journal.ts';
import type { AgentParts, Kernel } from './parts.ts';

type DrainerParts = Pick<AgentParts, 'config' | 'drainFile' | 'log' | 'now' | 'presence' | 'source' | 'speaker'>;

/** Milliseconds between two countings: each asks for every virtual server. */
const COUNT_EVERY_MS = 1000;

/** The drain of this node: who orders it, how far it is, and what it wants of the announcement. */
export class Drainer {
  readonly #parts: DrainerParts;
  readonly #journal: Journal;
  readonly #file: DrainFile;
  #order: DrainOrder | undefined;
  /** What was ordered last, be it until the end of this process, as a pod is before its end. */
  #given: GivenOrder | undefined;
  #state: DrainState | undefined;
  #connections: Connections | undefined;
  #countedAt = Number.NEGATIVE_INFINITY;
  #problem: string | undefined;

  /** Takes up what an earlier agent has kept. */
  constructor(parts: DrainerParts, journal: Journal) {
    this.#parts = parts;
    this.#journal = journal;
    this.#file = new DrainFile(parts.drainFile, parts.log);
    const { drain, order } = this.#file.read();
    this.#order = order;
    this.#given = order && { ...order, untilExit: false };
    this.#state = drain && resumed(drain);
    if (order)
      parts.log.info({ event: 'drain-order-kept', order, stage: drain?.stage }, 'a drain was ordered before the start');
  }

  /** Undefined where nothing asks for one. */
  get drain(): Drain | undefined {
    if (this.#state === undefined) return undefined;
    const { traffic: _, ...drain } = this.#state;
    return drain;
  }

  get wish(): DrainWish {
    return drainWish(this.#state);
  }

  /** Whether it matters at the moment how many connections there are. */
  get isCounting(): boolean {
    return this.#state?.stage === 'deprioritised' || this.#state?.stage === 'withdrawn';
  }

  /** Whether the turn of this node is to outlive the agent: something asks for the drain still that does. */
  get isKept(): boolean {
    const { by = [], turn } = this.#state ?? {};
    return turn?.step === 'drains' && (this.#order !== undefined || by.some((one) => one !== ORDER));
  }

  /** @param untilExit whether the order ends with this process; else it stands until it is called off */
  order(timeoutMs: number | undefined, untilExit: boolean): void {
    const order = { at: this.#parts.now(), timeoutMs: timeoutMs ?? this.#settings.timeoutMs };
    if (!untilExit) this.#order = order;
    this.#given = { ...order, untilExit: untilExit || this.#given?.untilExit === true };
    this.#keep();
  }

  /** Calls off what was ordered. What the Node asks for goes on. */
  callOff(): void {
    this.#order = undefined;
    this.#given = undefined;
    this.#keep();
  }

  /** Counts the connections, if it is time to. Never rejects. */
  async count(kernel: Kernel | undefined, virtualServers: Iterable<VirtualServer>): Promise<void> {
    const at = performance.now();
    if (kernel === undefined || at - this.#countedAt < COUNT_EVERY_MS) return;
    this.#countedAt = at;
    try {
      this.#connections = await kernel.connections(virtualServers);
      this.#problem = undefined;
    } catch (error) {
      this.#complain(explain(error));
    }
  }

  /** Takes what is known now into account; what was counted counts once. */
  step({ announcement, heldBack }: Decision): void {
    const { config, now, presence, source } = this.#parts;
    const event = {
      at: now(),
      request: drainRequest(this.#given, source.snapshot().marks, this.#settings),
      announcement: knownState(announcement),
      announces: this.#announces(announcement),
      node: config.node,
      census: presence.census(),
      heldBack,
      connections: this.#connections,
    };
    const before = this.#state;
    this.#connections = undefined;
    this.#state = stepDrain(before, event, this.#settings);
    if (before?.stage !== this.#state?.stage) this.#journal.drain(before, this.drain);
    if (before !== this.#state) this.#keep();
  }

  /** An agent that starts has not touched what gobgpd may hold of an earlier one. */
  #announces(now: Announcement): DrainEvent['announces'] {
    const state = knownState(now);
    if (state !== 'starting') return state !== 'withdrawn';
    const { prefixes, reachable } = this.#parts.speaker.state();
    return reachable ? prefixes.length > 0 : 'unknown';
  }

  get #settings(): DrainSettings {
    return this.#parts.config.announcement.drain;
  }

  #keep(): void {
    this.#file.keep({ order: this.#order, drain: this.#state });
  }

  #complain(problem: string): void {
    if (problem !== this.#problem)
      this.#parts.log.warn({ event: 'drain-uncounted', problem }, 'connections cannot be counted');
    this.#problem = problem;
  }
}

/** A starting agent has not touched what an earlier one announces. */
const knownState = (now: Announcement): DrainEvent['announcement'] =>
  now.state === 'withdrawn' && now.reason === 'starting' ? 'starting' : now.state;
