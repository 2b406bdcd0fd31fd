import type { Prefix } from './address.ts';
import type { Condition } from './condition.ts';
import type { Drain } from './drain.ts';
import type { Announcement } from './status.ts';

/** A change of this node that a person may want to know of: one line of the log, and where there is a cluster, its news. */
export type Transition =
  | {
      readonly kind: 'announcement';
      readonly announcement: Announcement;
      /** What is announced while anything is. */
      readonly prefixes: readonly Prefix[];
    }
  | {
      readonly kind: 'drain';
      /** Undefined where nothing asks for one any more. */
      readonly drain: Drain | undefined;
    }
  | {
      readonly kind: 'condition-raised' | 'condition-cleared';
      readonly condition: Condition;
      /** Which of several with the same code, such as the peer; empty where there is one at most. */
      readonly subject: string;
    };
