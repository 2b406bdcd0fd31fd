import type { Snapshot } from '../model/snapshot.ts';
import type { SourceStatus } from '../model/status.ts';

/**
 * Told after every change of the snapshot or of the status.
 * @param services the keys of the Services that have changed, in themselves, in their slices or in what this node is to
 *   them; none where it is only the status
 */
export type OnChange = (services: ReadonlySet<string>) => void;

/** Where Services and endpoints come from. What was last known stays known while the origin cannot be read. */
export interface Source {
  /** Starts reading. `onChange` is never called before `start` returns. */
  start(onChange: OnChange): void;
  /** Stops reading; resolves once no timer, watch or connection is left. */
  stop(): Promise<void>;
  /** What is known now. The maps may be live views: use them at once, not after the next change. */
  snapshot(): Snapshot;
  status(): SourceStatus;
}
