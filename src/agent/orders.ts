import type { Logger } from 'pino';
import type { Orders } from '../http/orders.ts';
import type { Succession } from './succession.ts';

/**
 * An order that the next end of this agent be a hand-over: what is announced stays as it is for the agent that comes next,
 * as for an upgrade. It stands for a while only, so that one whose upgrade never came ends as any other.
 */
export class HandOverOrder {
  readonly #now: () => number;
  #until: number | undefined;

  /** @param now milliseconds since the epoch */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * @param withinMs how long it stands; 0 calls it off
   * @returns until when, in milliseconds since the epoch; undefined where it does not stand
   */
  give(withinMs: number): number | undefined {
    this.#until = this.#now() + withinMs;
    return this.until;
  }

  callOff(): void {
    this.#until = undefined;
  }

  /** Until when it stands; undefined while it does not. */
  get until(): number | undefined {
    return this.#until !== undefined && this.#now() < this.#until ? this.#until : undefined;
  }
}

/**
 * What the agents of a process can be ordered. One that is to hand over has nothing to drain for its own end; one that is
 * drained for longer does not hand over.
 */
export const ordersOf = (
  agents: Pick<Succession, 'callOffDrain' | 'orderDrain'>,
  handOver: HandOverOrder,
  log: Pick<Logger, 'info'>,
): Orders => ({
  drain: (timeoutMs, untilExit) => {
    if (untilExit && handOver.until !== undefined) return undefined;
    const drain = agents.orderDrain(timeoutMs, untilExit);
    handOver.callOff();
    return drain;
  },
  undrain: () => agents.callOffDrain(),
  handOver: (withinMs) => {
    const until = handOver.give(withinMs);
    if (until === undefined) log.info({ event: 'hand-over-called-off' }, 'the end of this agent withdraws, as ever');
    else log.info({ event: 'hand-over-ordered', withinMs }, 'an end within this time leaves all to the next agent');
    return until;
  },
});
