import type { ApiClient } from '../source/api-client.ts';
import { ApiRefusal } from '../source/api-refusal.ts';
import type { Moment } from './event-budget.ts';
import { encodeCondition, foundIn, shownOf, type Standing } from './node-condition.ts';
import { inherit, said, type Saying, untilSaid, want } from './node-condition-pace.ts';
import type { Desk } from './node-sender.ts';

/** The condition in the status of one Node. */
export class NodeConditionDesk implements Desk {
  readonly what = 'condition of this node';
  readonly #node: string;
  readonly #now: () => Moment;
  #saying: Saying | undefined;

  constructor(node: string, now: () => Moment) {
    this.#node = node;
    this.#now = now;
  }

  stands(standing: Standing): void {
    this.#saying = want(this.#saying, shownOf(standing), this.#now());
  }

  waitMs(isLast: boolean): number {
    if (this.#saying === undefined) return Number.POSITIVE_INFINITY;
    return untilSaid(this.#saying, this.#now().at, isLast);
  }

  async send(client: ApiClient, signal: AbortSignal): Promise<boolean> {
    if (this.#saying?.written === undefined) await this.#inherit(client, signal);
    const saying = this.#saying;
    if (saying === undefined) return false;
    const times = { now: this.#now().time, since: saying.since };
    const path = `/api/v1/nodes/${encodeURIComponent(this.#node)}/status`;
    await client.write({ method: 'PATCH', path, body: encodeCondition(saying.wanted, times) }, signal);
    this.#saying = said(this.#saying ?? saying, saying, this.#now().at);
    return true;
  }

  /** The list is what the source may ask for as well; that it is refused keeps nothing from being said. */
  async #inherit(client: ApiClient, signal: AbortSignal): Promise<void> {
    const fieldSelector = `metadata.name=${this.#node}`;
    const list = await client.get('/api/v1/nodes', { fieldSelector }, signal).catch((error: unknown) => {
      if (error instanceof ApiRefusal) return undefined;
      throw error;
    });
    if (this.#saying !== undefined) this.#saying = inherit(this.#saying, foundIn(list));
  }
}
