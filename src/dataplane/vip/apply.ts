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
const NLM_F_CREATE = 0x400;

/** The routes of the current network namespace that carry our mark. */
export class RangeRoutes {
  readonly #socket = new NetlinkSocket(NETLINK_ROUTE);

  close(): void {
    this.#socket.close();
  }

  read(): RangeRoute[] {
    const messages = this.#socket.dump({ type: RTM_GETROUTE, fixed: ownRoutesHeader() });
    return messages
      .filter(({ payload }) => payload.length >= ROUTE_HEADER)
      .flatMap(({ payload }) => decodeRoute(payload) ?? []);
  }

  /** Makes our routes equal to the wanted ones. Replacing one that stands disturbs no connection. Rejects with `netlink-failed`. */
  ensure(wanted: readonly RangeRoute[]): Promise<PartReport> {
    return ensurePart({
      plan: () => planRoutes(wanted, this.read()),
      apply: (operations) => this.#apply(operations),
      format: formatRouteOperation,
    });
  }

  #apply(operations: readonly RouteOperation[]): string[] {
    const answers = this.#socket.change(
      operations.map(({ kind, route }) => ({
        type: kind === 'replace' ? RTM_NEWROUTE : RTM_DELROUTE,
        flags: kind === 'replace' ? NLM_F_CREATE | NLM_F_REPLACE : 0,
        fixed: routeHeader(route),
        attributes: (writer) => encodeRoute(route, writer),
      })),
    );
    return refusals(operations, answers, formatRouteOperation);
  }
}
