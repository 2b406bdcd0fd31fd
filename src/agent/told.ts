import type { BgpState } from '../bgp/speaker.ts';
import type { Told } from '../cluster/presence.ts';
import type { Prefix } from '../model/address.ts';
import { type Condition, effectOf } from '../model/condition.ts';
import type { Turn } from '../model/drain.ts';
import type { AnnouncementState } from '../model/status.ts';

/** What an agent has decided, and what has become of it. */
export interface Decided {
  readonly state: AnnouncementState;
  readonly conditions: readonly Condition[];
  /** What is announced while anything is. */
  readonly prefixes: readonly Prefix[];
  readonly bgp: Pick<BgpState, 'peers' | 'reachable'>;
  /** Where this node is to drain. */
  readonly turn: Turn | undefined;
}

/**
 * What the other nodes are to know of this one. They withdraw because it announces, so that it must be so: what no switch
 * has been told of, or is not known to have been, counts as withdrawn, whatever was decided here.
 */
export function toldOf({ bgp, conditions, prefixes, state, turn }: Decided): Told {
  const told = bgp.peers.some((peer) => peer.state === 'established' && isAll(prefixes, peer.advertised));
  const faults = conditions.filter((one) => effectOf(one) !== 'reports').map(({ code }) => code);
  return {
    state: bgp.reachable && told ? state : 'withdrawn',
    faults: [...new Set(faults)].toSorted(),
    ...(turn && { turn }),
  };
}

const isAll = (prefixes: readonly Prefix[], advertised: readonly Prefix[]): boolean =>
  prefixes.every((prefix) => advertised.includes(prefix));
