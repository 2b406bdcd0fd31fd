import type { Logger } from 'pino';
import type { Prefix } from '../model/address.ts';
import type { Drain } from '../model/drain.ts';
import type { Explanation } from '../model/explain/explanation.ts';
import type { Status } from '../model/status.ts';
import type { Traffic } from '../model/traffic.ts';
import type { VirtualServerKey } from '../model/virtual-server.ts';
import type { Agent } from './agent.ts';
import { sameRanges } from './ranges-known.ts';

/** An agent in service, with all that was made for it alone. */
export interface Term {
  readonly agent: Pick<Agent, 'status' | 'idleMs' | 'orderDrain' | 'callOffDrain' | 'withdraw' | 'traffic' | 'explain'>;
  /** Withdraws and ends it. @returns whether it is certain that nothing is announced any more */
  stop(): Promise<boolean>;
  /** Ends it and withdraws nothing. */
  handOver(): Promise<void>;
}

export interface SuccessionOptions {
  /** Makes an agent for these ranges, and starts it. Rejects where it cannot be made. */
  readonly begin: (ranges: readonly Prefix[]) => Promise<Term>;
  /** What is to be said while there is no agent yet. */
  readonly waiting: () => Status;
  readonly log: Pick<Logger, 'info'>;
}

/**
 * The agents of one process, one after the other. An agent has its ranges from its beginning to its end, so that other ranges
 * are another agent's: it adopts what the one before it leaves in the kernel and in gobgpd, as after a restart, and no
 * switch hears anything of the ranges that stay. Calls of `become` must not overlap.
 */
export class Succession {
  readonly #options: SuccessionOptions;
  #term: Term | undefined;
  #ranges: readonly Prefix[] = [];
  /** Since when one agent is being followed by another; undefined while that is not so. */
  #busySince: number | undefined;

  constructor(options: SuccessionOptions) {
    this.#options = options;
  }

  /**
   * Makes these the ranges of this node, or puts it off: while a drain goes on, whose state only its own agent knows all of,
   * and while the peers have not been told of the ranges that go. It is to be called again then. Rejects where an agent for
   * them cannot be made, after which there is none.
   */
  async become(ranges: readonly Prefix[]): Promise<void> {
    if (this.#term === undefined) return this.#begin(ranges);
    const before = this.#ranges;
    const { agent } = this.#term;
    if (agent.status().drain) return;
    // What goes is withdrawn while it is still served. Where it has come back meanwhile, nothing goes.
    const told = await agent.withdraw(before.filter((range) => !ranges.includes(range)));
    if (!told || sameRanges(ranges, before)) return;
    this.#options.log.info({ event: 'ranges-changed', before, ranges }, 'an agent for other ranges takes over');
    this.#busySince = performance.now();
    await this.#term.handOver();
    await this.#begin(ranges);
  }

  status(): Status {
    return this.#term?.agent.status() ?? this.#options.waiting();
  }

  async traffic(of?: readonly VirtualServerKey[]): Promise<Traffic> {
    return (await this.#term?.agent.traffic(of)) ?? { known: false, why: 'no agent is in service yet' };
  }

  /** Rejects while there is no agent. */
  async explain(query: string): Promise<Explanation> {
    return this.#inService().explain(query);
  }

  /** Milliseconds since the last sign of life of the agent, or of what makes one. */
  get idleMs(): number {
    if (this.#busySince !== undefined) return performance.now() - this.#busySince;
    return this.#term?.agent.idleMs ?? 0;
  }

  /** Throws while there is no agent that could drain. */
  orderDrain(timeoutMs: number | undefined, untilExit: boolean): Drain | undefined {
    return this.#inService().orderDrain(timeoutMs, untilExit);
  }

  /** Throws while there is no agent. */
  callOffDrain(): Drain | undefined {
    return this.#inService().callOffDrain();
  }

  /** @returns whether it is certain that nothing is announced any more: an agent before this process may have announced */
  async stop(): Promise<boolean> {
    return (await this.#term?.stop()) ?? false;
  }

  async handOver(): Promise<void> {
    await this.#term?.handOver();
  }

  async #begin(ranges: readonly Prefix[]): Promise<void> {
    this.#busySince = performance.now();
    this.#term = await this.#options.begin(ranges);
    this.#ranges = ranges;
    this.#busySince = undefined;
  }

  #inService(): Term['agent'] {
    if (this.#term === undefined || this.#busySince !== undefined) {
      throw new Error('no agent is in service at the moment: it waits for its ranges, or another one takes over');
    }
    return this.#term.agent;
  }
}
