import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { Drain } from '../model/drain.ts';
import type { Explanation } from '../model/explain/explanation.ts';
import type { Status } from '../model/status.ts';
import type { Traffic } from '../model/traffic.ts';
import type { VirtualServerKey } from '../model/virtual-server.ts';
import type { Agent } from './agent.ts';
import type { Legacy } from './legacy.ts';
import { sameRanges } from './ranges-known.ts';

/** An agent in service, with all that was made for it alone. */
export interface Term {
  readonly agent: Pick<
    Agent,
    'status' | 'idleMs' | 'legacy' | 'orderDrain' | 'callOffDrain' | 'withdraw' | 'traffic' | 'explain'
  >;
  /** Withdraws and ends it. @returns whether it is certain that nothing is announced any more */
  stop(): Promise<boolean>;
  /** Ends it and withdraws nothing. */
  handOver(): Promise<void>;
}

export interface SuccessionOptions {
  /** Makes an agent, and starts it. Rejects where it cannot be made. @param legacy of the one before it in this process */
  readonly begin: (config: Config, legacy: Legacy | undefined) => Promise<Term>;
  /** What is to be said while there is no agent yet. */
  readonly waiting: () => Status;
  readonly log: Pick<Logger, 'info'>;
}

/**
 * The agents of one process, one after the other. An agent has its configuration from its beginning to its end, so that
 * another configuration is another agent's: it adopts what the one before it leaves in the kernel and in gobgpd, as after a
 * restart, and no switch hears anything of what stays the same.
 */
export class Succession {
  readonly #options: SuccessionOptions;
  #service: { readonly config: Config; readonly term: Term } | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  /** Since when one agent is being followed by another; undefined while that is not so. */
  #busySince: number | undefined;

  constructor(options: SuccessionOptions) {
    this.#options = options;
  }

  /**
   * Makes this the configuration of this node, or puts it off: while a drain goes on, whose state only its own agent knows all
   * of, and while the peers have not been told of the ranges that go. It is to be called again then. Rejects where an agent for
   * it cannot be made: the one of before is made again then, and where that fails as well, there is none.
   *
   * @returns whether it is the configuration in service
   */
  become(config: Config): Promise<boolean> {
    const turn = this.#turn.then(() => this.#become(config));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  status(): Status {
    return this.#service?.term.agent.status() ?? this.#options.waiting();
  }

  async traffic(of?: readonly VirtualServerKey[]): Promise<Traffic> {
    return (await this.#service?.term.agent.traffic(of)) ?? { known: false, why: 'no agent is in service yet' };
  }

  /** Rejects while there is no agent. */
  async explain(query: string): Promise<Explanation> {
    return this.#inService().explain(query);
  }

  /** Milliseconds since the last sign of life of the agent, or of what makes one. */
  get idleMs(): number {
    if (this.#busySince !== undefined) return performance.now() - this.#busySince;
    return this.#service?.term.agent.idleMs ?? 0;
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
    return (await this.#service?.term.stop()) ?? false;
  }

  async handOver(): Promise<void> {
    await this.#service?.term.handOver();
  }

  async #become(config: Config): Promise<boolean> {
    const { config: before, term } = this.#service ?? {};
    if (term === undefined || before === undefined) return this.#begin(config);
    const isSame = isDeepStrictEqual(config, before);
    if (term.agent.status().drain) return isSame;
    // What goes is withdrawn while it is still served. Where it has come back meanwhile, nothing goes.
    const told = await term.agent.withdraw(before.ranges.filter((range) => !config.ranges.includes(range)));
    if (!told || isSame) return told;
    if (!sameRanges(config.ranges, before.ranges)) {
      const ranges = { before: before.ranges, ranges: config.ranges };
      this.#options.log.info({ event: 'ranges-changed', ...ranges }, 'an agent for other ranges takes over');
    }
    this.#busySince = performance.now();
    await term.handOver();
    const { legacy } = term.agent;
    try {
      return await this.#begin(config, legacy);
    } catch (error) {
      await this.#begin(before, legacy);
      throw error;
    }
  }

  async #begin(config: Config, legacy?: Legacy): Promise<true> {
    this.#busySince = performance.now();
    this.#service = { config, term: await this.#options.begin(config, legacy) };
    this.#busySince = undefined;
    return true;
  }

  #inService(): Term['agent'] {
    if (this.#service === undefined || this.#busySince !== undefined) {
      throw new Error('no agent is in service at the moment: it waits for its ranges, or another one takes over');
    }
    return this.#service.term.agent;
  }
}
