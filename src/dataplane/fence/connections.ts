import { closeSync, writeSync } from 'node:fs';
import { FAMILIES, familyOf } from '../../model/address.ts';
import { bind, connect, setsockopt, socket } from '../netlink/libc.ts';
import { NETLINK_SOCK_DIAG, NetlinkSocket, refusalOf } from '../netlink/socket.ts';
import {
  type Connection,
  connectionRequest,
  connectionsRequest,
  decodeConnection,
  encodeSocketAddress,
  encodeStraySyn,
  SOCK_DESTROY,
  SOCK_DIAG_BY_FAMILY,
} from './codec.ts';
import { planEnds } from './plan.ts';
import { FENCE_MARK, type Sessions } from './want.ts';

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

const AF = { ipv4: 2, ipv6: 10 } as const;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const IPPROTO_TCP = 6;
const SOL_SOCKET = 1;
const SO_MARK = 36;

/**
 * Makes the far end of a connection send a packet now, which the rules of the fence answer by a reset that it has to
 * take. Without, they would have to wait for its next keepalive. Throws `kernel-refused`.
 */
export function provoke({ local, remote }: Connection): void {
  const fd = socket(AF[familyOf(remote.address)], SOCK_RAW_CLOEXEC, IPPROTO_TCP);
  try {
    setsockopt(fd, SOL_SOCKET, SO_MARK, FENCE_MARK);
    bind(fd, encodeSocketAddress(local.address));
    connect(fd, encodeSocketAddress(remote.address));
    writeSync(fd, encodeStraySyn({ local, remote }));
  } finally {
    closeSync(fd);
  }
}
