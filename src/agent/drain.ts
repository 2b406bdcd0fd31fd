import {
  drainRequest,
  type DrainEvent,
  type DrainSettings,
  type DrainState,
  type DrainWish,
  drainWish,
  resumed,
  stepDrain,
} from '../announce/drain.ts';
import type { Decision } from '../announce/step.ts';
import type { Connections, Drain, DrainOrder, NodeMarks } from '../model/drain.ts';
import { explain } from '../model/error.ts';
import type { Announcement } from '../model/status.ts';
import type { VirtualServer } from '../model/virtual-server.ts';
import { DrainFile } from './drain-file.ts';
import type { Journal } from './journal.ts';
import type { AgentParts, Kernel } from './parts.ts';

type DrainerParts = Pick<AgentParts, 'config' | 'drainFile' | 'log' | 'now'>;

/** Milliseconds between two countings: each asks for every virtual server. */
const COUNT_EVERY_MS = 1000;

/** The drain of this node: who orders it, how far it is, and what it wants of the announcement. */
export class Drainer {
  readonly #parts: DrainerParts;
  readonly #journal: Journal;
  readonly #file: DrainFile;
  #order: DrainOrder | undefined;
  /** An order that ends with this process, as the one that a pod is given before its end. */
  #passing: DrainOrder | undefined;
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
    return this.#state !== undefined && this.#state.stage !== 'drained';
  }

  /** @param untilExit whether the order ends with this process; else it stands until it is called off */
  order(timeoutMs: number | undefined, untilExit: boolean): void {
    const order = { at: this.#parts.now(), timeoutMs: timeoutMs ?? this.#settings.timeoutMs };
    if (!untilExit) this.#order = order;
    this.#passing = order;
    this.#keep();
  }

  /** Calls off what was ordered. What the Node asks for goes on. */
  callOff(): void {
    this.#order = undefined;
    this.#passing = undefined;
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
  step({ announcement, heldBack }: Decision, marks: NodeMarks | undefined): void {
    const request = drainRequest(this.#passing ?? this.#order, marks, this.#settings);
    const event = {
      at: this.#parts.now(),
      request,
      announcement: knownState(announcement),
      heldBack,
      connections: this.#connections,
    };
    const before = this.#state;
    this.#connections = undefined;
    this.#state = stepDrain(before, event, this.#settings);
    if (before?.stage !== this.#state?.stage) this.#journal.drain(before, this.drain);
    if (before !== this.#state) this.#keep();
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
