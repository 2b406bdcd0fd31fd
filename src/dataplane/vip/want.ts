import type { Address, Prefix } from '../../model/address.ts';

/** A route of ours in the kernel. */
export interface RangeRoute {
  readonly prefix: Prefix;
  /** `local`: the kernel takes every address of the prefix as its own. `unreachable`: it refuses them. */
  readonly kind: 'local' | 'unreachable';
  readonly metric: number;
  /** The source of connections that this node itself opens into the range; undefined to leave the choice to the kernel. */
  readonly source: Address | undefined;
}

/** Behind every other route: what counts only when the local route is gone. */
const BACKSTOP_METRIC = 4096;

/**
 * The routes that bind the ranges. The local route comes last: the range holds the API server's own ClusterIP, so
 * everything behind it has to stand already. Without the backstop, a packet for a range that is announced but not
 * bound goes back to the switch and round again until its TTL ends.
 *
 * @param source an address of this node, so that its own connections do not leave with the virtual address itself
 */
export function wantedRoutes(ranges: readonly Prefix[], source: Address | undefined): RangeRoute[] {
  return [
    ...ranges.map((prefix) => ({ prefix, kind: 'unreachable' as const, metric: BACKSTOP_METRIC, source: undefined })),
    ...ranges.map((prefix) => ({ prefix, kind: 'local' as const, metric: 0, source })),
  ];
}
