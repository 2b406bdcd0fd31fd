import { explain } from '../model/error.ts';
import { ApiRefusal } from './api-refusal.ts';
import { ApiLost, ApiSilence } from './api-silence.ts';
import type { Attempt } from './reflector-step.ts';
import { versionNumber } from './version.ts';
import type { WatchEvent } from './watch-line.ts';

/** Everything has to be read anew before a watch can go on. */
class Expired extends Error {}

/** The server itself reported a failure inside of a stream. */
class StreamFailure extends Error {
  readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** A watch-list that the server has ended before all that exists was sent. */
export class Unfinished extends Error {}

/** An event that a store can take in. */
export type UsableEvent = Extract<WatchEvent, { type: 'bookmark' | 'changed' | 'deleted' }>;

/** Throws where an event says that the stream is of no use any more. */
export function demandUsable(event: WatchEvent): asserts event is UsableEvent {
  if (event.type === 'failed') throw new StreamFailure(event.reason, event.retryAfterMs);
  if (event.type === 'expired' || event.type === 'odd') throw new Expired(event.reason);
}

/**
 * Throws where an event is older than what came before it. A watch says everything in the order in which it happened
 * (api-concepts, "Resource versions"): one that does not may have left something out.
 */
export function demandOrder(resourceVersion: string, last: string | undefined): void {
  if (versionNumber(resourceVersion) < versionNumber(last)) {
    throw new Expired(`an event of version ${resourceVersion} behind one of version ${last}`);
  }
}

/** What the end of an attempt means, by what was thrown. */
export function resultOf(error: unknown): Attempt['result'] {
  const reason = explain(error);
  const gone = error instanceof ApiRefusal && error.status === 410;
  if (gone || error instanceof Expired || error instanceof RangeError) return { kind: 'expired', reason };
  const hinted = error instanceof ApiRefusal || error instanceof StreamFailure;
  const retryAfterMs = hinted ? error.retryAfterMs : 0;
  return { kind: 'lost', reason, retryAfterMs, certain: error instanceof ApiLost };
}

/**
 * Whether it was the watch-list itself that failed, so that pages may do: refused, or accepted as a watch of another kind,
 * which does not say when all has been sent. Without the feature gate WatchList an API server
 * answers 422 (ValidateListOptions in apimachinery: "sendInitialEvents is forbidden for watch unless the WatchList feature
 * gate is enabled"), and one that is older than 1.27 forbids resourceVersionMatch for a watch in the same way.
 */
export const isWatchListsFault = (error: unknown): boolean =>
  error instanceof Unfinished ||
  error instanceof ApiSilence ||
  (error instanceof ApiRefusal && (error.status === 400 || error.status === 422));
