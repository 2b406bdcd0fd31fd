import type { PeerPlace } from '../config/config.ts';
import type { DefaultRoute } from '../dataplane/netlink/default-routes.ts';
import type { Address } from '../model/address.ts';
import { placeName } from './peers.ts';

/** Where the default routes lead to, by the name of the place. */
export type Gateways = ReadonlyMap<string, readonly Address[]>;

/**
 * The gateways of some places after a look at the default routes. Those of a place without any stay as they were until
 * another one appears: a default route that is lost says nothing of the switch, and its session ends by itself if it is gone.
 */
export const gatewaysStep = (
  before: Gateways,
  places: readonly PeerPlace[],
  routes: readonly DefaultRoute[],
): Gateways =>
  new Map(
    places
      .filter(({ kind }) => kind === 'gateway')
      .map((place) => {
        const found = gatewaysAt(place, routes);
        return [placeName(place), found.length > 0 ? found : (before.get(placeName(place)) ?? [])];
      }),
  );

/** The gateways of the best of the routes, in an order of their own: the kernel's may change from one look to the next. */
function gatewaysAt(place: PeerPlace, routes: readonly DefaultRoute[]): Address[] {
  if (place.kind === 'address') return [];
  const ways = routes
    .filter(({ family }) => family === place.family)
    .map(({ hops, metric }) => ({
      metric,
      gateways: hops
        .filter((hop) => place.interface === undefined || hop.interface === place.interface)
        .flatMap(({ gateway }) => gateway ?? []),
    }))
    .filter(({ gateways }) => gateways.length > 0);
  const best = Math.min(...ways.map(({ metric }) => metric));
  const found = ways.filter(({ metric }) => metric === best).flatMap(({ gateways }) => gateways);
  return [...new Set(found)].toSorted();
}
