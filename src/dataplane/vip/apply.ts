import { existsSync } from 'node:fs';
import type { Family } from '../../model/address.ts';
import { NETLINK_ROUTE, NetlinkSocket, refusals } from '../netlink/socket.ts';
import { ensurePart, type PartReport } from '../part.ts';
import {
  decodeRoute,
  encodeRoute,
  ownRoutesHeader,
  ROUTE_HEADER,
  routeHeader,
  RTM_DELROUTE,
  RTM_GETROUTE,
  RTM_NEWROUTE,
} from './codec.ts';
import { formatRouteOperation, planRoutes, type RouteOperation } from './plan.ts';
import type { RangeRoute } from './want.ts';

const NLM_F_REPLACE = 0x100;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;
const CHANGE = {
  add: { type: RTM_NEWROUTE, flags: NLM_F_CREATE | NLM_F_EXCL },
  replace: { type: RTM_NEWROUTE, flags: NLM_F_CREATE | NLM_F_REPLACE },
  delete: { type: RTM_DELROUTE, flags: 0 },
} as const satisfies Record<RouteOperation['kind'], { type: number; flags: number }>;

/** Exists wherever the kernel has IPv6, switched on or not. */
const IPV6 = '/proc/net/if_inet6';

/** The routes of the current network namespace that carry our mark. */
export class RangeRoutes {
  readonly #socket = new NetlinkSocket(NETLINK_ROUTE);
  readonly #families: readonly Family[] = existsSync(IPV6) ? ['ipv4', 'ipv6'] : ['ipv4'];

  close(): void {
    this.#socket.close();
  }

  /** In both families, whatever is wanted: what an earlier configuration left has to be seen to go. */
  read(): RangeRoute[] {
    return this.#families.flatMap((family) =>
      this.#socket
        .dump({ type: RTM_GETROUTE, fixed: ownRoutesHeader(family) })
        .filter(({ payload }) => payload.length >= ROUTE_HEADER)
        .flatMap(({ payload }) => decodeRoute(payload) ?? []),
    );
  }

  /** Makes our routes equal to the wanted ones. Replacing one that stands disturbs no connection. Rejects with `netlink-failed`. */
  ensure(wanted: readonly RangeRoute[]): Promise<PartReport> {
    return ensurePart({
      plan: () => planRoutes(wanted, this.read()),
      apply: (operations) => this.#apply(operations),
      format: formatRouteOperation,
    });
  }

  /** Deletes every route that carries our mark. Rejects with `netlink-failed`. */
  remove(): Promise<PartReport> {
    return this.ensure([]);
  }

  #apply(operations: readonly RouteOperation[]): string[] {
    const answers = this.#socket.change(
      operations.map(({ kind, route }) => ({
        ...CHANGE[kind],
        fixed: routeHeader(route),
        attributes: (writer) => encodeRoute(route, writer),
      })),
    );
    return refusals(operations, answers, formatRouteOperation);
  }
}
