import type { ConditionCode } from './condition.ts';
import type { NodeTurn, Turn } from './drain.ts';
import type { AnnouncementState } from './status.ts';

/** What one agent tells the others of itself. */
export interface Announcer {
  readonly node: string;
  readonly state: AnnouncementState;
  /** The conditions that move its announcement. */
  readonly faults: readonly ConditionCode[];
  /** Its place among the nodes that are to drain, where it is one of them. */
  readonly turn?: Turn;
}

/** What is known of the agents of the other lb nodes. */
export type Census =
  | {
      readonly known: false;
      readonly why: string;
      /** What was known last, and when (milliseconds since the epoch): to be shown, and for no decision. */
      readonly last?: { readonly others: readonly Announcer[]; readonly at: number };
    }
  | {
      readonly known: true;
      /** The others that are alive. */
      readonly others: readonly Announcer[];
      /** Those that are to drain or do, with those that went while it was their turn, as for a reboot. */
      readonly turns: readonly NodeTurn[];
      /**
       * Whether the others were read after what this node announces now had been written. Of two nodes that write first
       * and then read, at least one sees the other: only by a confirmed census may a node leave.
       */
      readonly confirmed: boolean;
    };
