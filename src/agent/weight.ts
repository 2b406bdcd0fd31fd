import type { WeightRule } from '../config/config.ts';
import { isSelected, type NodeIdentity } from './selector.ts';

/** How much this node can carry, as switches are told of it. */
export interface Weight {
  /** Bytes per second; undefined to say nothing. */
  readonly linkBandwidth: number | undefined;
  /** Why nothing is said although a rule asks for it; undefined where that is not so. */
  readonly problem: string | undefined;
}

/** Where the speed of the interface towards the first peer stands. */
export interface LinkSpeed {
  /** Undefined where there is no route to it. */
  readonly interface: string | undefined;
  /** Undefined where the kernel does not say. */
  readonly megabitsPerSecond: number | undefined;
}

/** 1 Gbit/s, the unit of a weight, in bytes per second, the unit of draft-ietf-idr-link-bandwidth. */
const UNIT = 125_000_000;
const MEGABIT = 125_000;

/**
 * The weight of this node by the first rule that means it. One that depends on labels which are not known means it not:
 * the weight follows once they are.
 *
 * @param speed looked at only where the rule is `capacity`
 */
export function weightOf(rules: readonly WeightRule[], node: NodeIdentity, speed: () => LinkSpeed): Weight {
  const rule = rules.find(({ nodes }) => isSelected(nodes, node) === true);
  if (rule === undefined) return { linkBandwidth: undefined, problem: undefined };
  if (rule.weight !== 'capacity') return { linkBandwidth: rule.weight * UNIT, problem: undefined };
  const { interface: name, megabitsPerSecond } = speed();
  if (megabitsPerSecond !== undefined) return { linkBandwidth: megabitsPerSecond * MEGABIT, problem: undefined };
  const found = name === undefined ? 'no interface leads to the first peer' : `the kernel gives ${name} no speed`;
  return { linkBandwidth: undefined, problem: found };
}
