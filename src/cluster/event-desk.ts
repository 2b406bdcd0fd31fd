import type { Transition } from '../model/transition.ts';
import type { ApiClient } from '../source/api-client.ts';
import { ApiRefusal } from '../source/api-refusal.ts';
import {
  type Budget,
  dismiss,
  fullBudget,
  known,
  type Moment,
  nextEvent,
  record,
  type Tally,
  written,
} from './event-budget.ts';
import { begun, ended, lasted, type Lasting, untilLasted } from './event-lasting.ts';
import { conditionKey, encodeCount, encodeEvent, eventName, eventOf, EVENTS_PATH } from './node-event.ts';
import type { Desk } from './node-sender.ts';

/** The Events of one Node: what has happened, and what of it the API has. */
export class EventDesk implements Desk {
  readonly what = 'Events of this node';
  readonly #node: string;
  readonly #now: () => Moment;
  #budget: Budget;
  #lasting: Lasting = new Map();

  constructor(node: string, now: () => Moment) {
    this.#node = node;
    this.#now = now;
    this.#budget = fullBudget(now().at);
  }

  happened(transition: Transition): void {
    const event = eventOf(transition);
    if (transition.kind === 'condition-cleared')
      this.#forget(conditionKey(transition.condition.code, transition.subject));
    else if (event === undefined) return;
    else if (transition.kind === 'condition-raised') this.#lasting = begun(this.#lasting, event, this.#now());
    else this.#budget = record(this.#budget, event, this.#now());
  }

  handedOver(): void {
    this.#lasting = new Map();
  }

  waitMs(): number {
    const { at } = this.#now();
    this.#take(at);
    return Math.min(nextEvent(this.#budget, at)?.waitMs ?? Number.POSITIVE_INFINITY, untilLasted(this.#lasting, at));
  }

  async send(client: ApiClient, signal: AbortSignal): Promise<boolean> {
    const tally = nextEvent(this.#budget, this.#now().at)?.tally;
    if (tally === undefined) return false;
    try {
      await (tally.exists ? this.#patch(tally, client, signal) : this.#post(tally, client, signal));
      this.#budget = written(this.#budget, tally, this.#now().at);
    } catch (error) {
      // One whose answer was lost is there, and one that the API server has forgotten after its time is not.
      const status = error instanceof ApiRefusal ? error.status : 0;
      if (status !== (tally.exists ? 404 : 409)) throw error;
      this.#budget = known(this.#budget, tally, !tally.exists);
    }
    return true;
  }

  #post(tally: Tally, client: ApiClient, signal: AbortSignal): Promise<unknown> {
    return client.write({ method: 'POST', path: EVENTS_PATH, body: encodeEvent(tally, this.#node) }, signal);
  }

  #patch(tally: Tally, client: ApiClient, signal: AbortSignal): Promise<unknown> {
    const path = `${EVENTS_PATH}/${eventName(this.#node, tally)}`;
    return client.write({ method: 'PATCH', path, body: encodeCount(tally) }, signal);
  }

  /** What has lasted long enough is to be told. */
  #take(at: number): void {
    const { rest, told } = lasted(this.#lasting, at);
    this.#lasting = rest;
    for (const { event, since } of told.values()) this.#budget = record(this.#budget, event, since);
  }

  /** What is over before it could be told needs nobody any more. */
  #forget(key: string): void {
    this.#lasting = ended(this.#lasting, key);
    this.#budget = dismiss(this.#budget, key);
  }
}
