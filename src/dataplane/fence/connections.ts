import { FAMILIES } from '../../model/address.ts';
import { NETLINK_SOCK_DIAG, NetlinkSocket, refusalOf } from '../netlink/socket.ts';
import {
  type Connection,
  connectionRequest,
  connectionsRequest,
  decodeConnection,
  SOCK_DESTROY,
  SOCK_DIAG_BY_FAMILY,
} from './codec.ts';
import { planEnds } from './plan.ts';
import type { Sessions } from './want.ts';

/** A connection that is still open. */
export interface Left {
  readonly connection: Connection;
  readonly reason: string;
}

/** It has ended by itself meanwhile. */
const GONE = 'ENOENT';

/** The TCP connections of BGP sessions in the current network namespace. */
export class BgpConnections {
  readonly #socket = new NetlinkSocket(NETLINK_SOCK_DIAG);

  close(): void {
    this.#socket.close();
  }

  /** Throws `netlink-failed` where the kernel has no inet_diag. */
  find(sessions: Sessions): Connection[] {
    const ports = new Set(sessions.peers.map(({ port }) => port));
    const listening = sessions.listenPort === undefined ? [] : [{ local: sessions.listenPort }];
    const wanted = [...listening, ...Array.from(ports, (remote) => ({ remote }))];
    const requests = FAMILIES.flatMap((family) => wanted.map((port) => connectionsRequest(family, port)));
    const messages = requests.flatMap((fixed) => this.#socket.dump({ type: SOCK_DIAG_BY_FAMILY, fixed }));
    return planEnds(
      sessions,
      messages.flatMap(({ payload }) => decodeConnection(payload) ?? []),
    );
  }

  /**
   * Ends connections: the peer gets a reset, with the password and TTL of the connection, and gobgpd an error the next
   * time it looks. Returns those that the kernel left open, with its reason: all of them where it was built without
   * CONFIG_INET_DIAG_DESTROY.
   */
  end(connections: readonly Connection[]): Left[] {
    const answers = this.#socket.change(
      connections.map((connection) => ({ type: SOCK_DESTROY, fixed: connectionRequest(connection) })),
    );
    return connections.flatMap((connection, index) => {
      const reason = answers[index] && refusalOf(answers[index]);
      return reason === undefined || reason === GONE ? [] : [{ connection, reason }];
    });
  }
}
