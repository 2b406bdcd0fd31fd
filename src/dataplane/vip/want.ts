import { type Address, familyOf, type Family, hostPrefix, type Prefix, prefixContains } from '../../model/address.ts';
import { splitVirtualServerKey, type VirtualServerKey } from '../../model/virtual-server.ts';

/** A route of ours in the kernel. */
export interface RangeRoute {
  readonly prefix: Prefix;
  /** `local`: the kernel takes every address of the prefix as its own. `unreachable`: it refuses them. */
  readonly kind: 'local' | 'unreachable';
  readonly metric: number;
  /** The source of connections that this node itself opens into the range; undefined to leave the choice to the kernel. */
  readonly source: Address | undefined;
}

/** An address of this node for each family, so that its own connections do not leave with the virtual address itself. */
export type Sources = Readonly<Partial<Record<Family, Address>>>;

/** Behind every other route: what counts only when the local route is gone. */
const BACKSTOP_METRIC = 4096;

/** Over IPv6, the kernel reads a metric of 0 as IP6_RT_PRIO_USER (include/uapi/linux/ipv6_route.h). */
const LOCAL_METRIC = { ipv4: 0, ipv6: 1024 } as const;

/**
 * The routes that bind the ranges and single addresses. The local routes come last: a range holds the API server's own
 * ClusterIP, so everything behind it has to stand already. Without the backstop, a packet for what the switch sends
 * here but is not bound goes back to the switch and round again until its TTL ends (measured: 32 times).
 */
export function wantedRoutes(ranges: readonly Prefix[], addresses: Iterable<Address>, sources: Sources): RangeRoute[] {
  const bound = [...ranges, ...Array.from(addresses, hostPrefix)];
  return [
    ...bound.map((prefix) => ({ prefix, kind: 'unreachable' as const, metric: BACKSTOP_METRIC, source: undefined })),
    ...bound.map((prefix) => ({
      prefix,
      kind: 'local' as const,
      metric: LOCAL_METRIC[familyOf(prefix)],
      source: sources[familyOf(prefix)],
    })),
  ];
}

/** The address of a virtual server where no range holds it but an allow-list does. */
export function externalAddress(
  key: VirtualServerKey,
  ranges: readonly Prefix[],
  allowed: readonly Prefix[],
): Address | undefined {
  if (allowed.length === 0) return undefined;
  const { address } = splitVirtualServerKey(key);
  const holds = (prefix: Prefix): boolean => prefixContains(prefix, address);
  return allowed.some(holds) && !ranges.some(holds) ? address : undefined;
}
