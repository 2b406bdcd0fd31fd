import type { Snapshot } from '../model/snapshot.ts';
import type { SourceStatus } from '../model/status.ts';

/** Where Services and endpoints come from. What was last known stays known while the origin cannot be read. */
export interface Source {
  /** Starts reading. `onChange` is called after every change of the snapshot or of the status, never before `start` returns. */
  start(onChange: () => void): void;
  /** Stops reading; resolves once no timer, watch or connection is left. */
  stop(): Promise<void>;
  /** What is known now. The maps may be live views: use them at once, not after the next change. */
  snapshot(): Snapshot;
  status(): SourceStatus;
}
