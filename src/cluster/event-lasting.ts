import type { Moment } from './event-budget.ts';
import type { NodeEvent } from './node-event.ts';

/** Events that are told only if they last, each with when it began, by their keys. The oldest comes first. */
export type Lasting = ReadonlyMap<string, { readonly event: NodeEvent; readonly since: Moment }>;

/**
 * A condition that is over sooner is none of the operator's business: sessions that come up after a start, an API server
 * that is restarted, a gobgpd that is replaced.
 */
export const LASTS_MS = 30_000;

/** After something has begun. */
export const begun = (lasting: Lasting, event: NodeEvent, since: Moment): Lasting =>
  new Map(ended(lasting, event.key)).set(event.key, { event, since });

/** After it has ended. */
export const ended = (lasting: Lasting, key: string): Lasting =>
  new Map([...lasting].filter(([other]) => other !== key));

/** What has lasted, and what is still to be waited for. */
export function lasted(lasting: Lasting, at: number): { readonly told: Lasting; readonly rest: Lasting } {
  const all = [...lasting];
  const isRipe = ([, { since }]: (typeof all)[number]): boolean => at - since.at >= LASTS_MS;
  return { told: new Map(all.filter(isRipe)), rest: new Map(all.filter((one) => !isRipe(one))) };
}

/** Until the next one has lasted. */
export function untilLasted(lasting: Lasting, at: number): number {
  const [oldest] = lasting.values();
  return oldest === undefined ? Number.POSITIVE_INFINITY : Math.max(0, oldest.since.at + LASTS_MS - at);
}
