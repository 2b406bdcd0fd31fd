import type { ConditionCode } from './condition.ts';
import type { AnnouncementState } from './status.ts';

/** What one agent tells the others of itself. */
export interface Announcer {
  readonly node: string;
  readonly state: AnnouncementState;
  /** The conditions that move its announcement. */
  readonly faults: readonly ConditionCode[];
}

/** What is known of the agents of the other lb nodes. */
export type Census =
  | { readonly known: false; readonly why: string }
  | {
      readonly known: true;
      /** The others that are alive. */
      readonly others: readonly Announcer[];
      /**
       * Whether the others were read after what this node announces now had been written. Of two nodes that write first
       * and then read, at least one sees the other: only by a confirmed census may a node leave.
       */
      readonly confirmed: boolean;
    };
