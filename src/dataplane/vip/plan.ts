import { isHostPrefix } from '../../model/address.ts';
import type { RangeRoute } from './want.ts';

/** `add` is refused where a route stands in that place, `replace` takes the place. */
export type RouteOperation = { readonly kind: 'add' | 'replace' | 'delete'; readonly route: RangeRoute };

/**
 * What turns the routes that carry our mark into the wanted ones, in the order given there; stale ones go last.
 * Somebody else's route for a range is taken over. For a single address it is not: it may be the kernel's own route for
 * an address that this node was given a moment ago.
 */
export function planRoutes(wanted: readonly RangeRoute[], actual: readonly RangeRoute[]): RouteOperation[] {
  const present = new Set(actual.map(identity));
  const taken = new Set(actual.map(place));
  const missing = wanted.filter((route) => !present.has(identity(route)));
  const places = new Set(wanted.map(place));
  const stale = actual.filter((route) => !places.has(place(route)));
  return [
    ...missing.map((route) => ({ kind: mayReplace(route, taken) ? ('replace' as const) : ('add' as const), route })),
    ...stale.map((route) => ({ kind: 'delete' as const, route })),
  ];
}

const mayReplace = (route: RangeRoute, taken: ReadonlySet<string>): boolean =>
  taken.has(place(route)) || !isHostPrefix(route.prefix);

/** A route in words, as `ip route` would put it. */
export const formatRoute = ({ kind, prefix, metric, source }: RangeRoute): string =>
  [kind, prefix, ...(metric > 0 ? [`metric ${metric}`] : []), ...(source ? [`src ${source}`] : [])].join(' ');

/** An operation in words, as it appears in logs: `replace local 10.99.66.0/23 src 10.22.108.100`. */
export const formatRouteOperation = ({ kind, route }: RouteOperation): string => `${kind} ${formatRoute(route)}`;

/** What the kernel itself tells routes apart by: a replacement takes the place of the route with the same. */
const place = ({ kind, prefix, metric }: RangeRoute): string => `${kind} ${prefix} ${metric}`;

const identity = (route: RangeRoute): string => formatRoute(route);
