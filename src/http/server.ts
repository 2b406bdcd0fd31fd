import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { ListenOptions } from 'node:net';
import { dirname } from 'node:path';
import { ProcessReader } from './metrics/read-process.ts';
import { answerOrder, ORDER_PATHS, type Orders } from './orders.ts';
import { answerProbe, type ProbeParts } from './probes.ts';
import { plain, send } from './send.ts';
import { answerTraffic, type AskTraffic } from './traffic.ts';

/** What the endpoints are made of. */
export interface HttpParts extends Omit<ProbeParts, 'reading'> {
  readonly orders: Orders;
  readonly traffic: AskTraffic;
}

/** A loop that has not come round for this long does not come round any more. */
export const STUCK_AFTER_MS = 60_000;

/**
 * Serves /livez, /readyz, /metrics, /status and /traffic on a unix socket and on a loopback address, and takes orders on the unix
 * socket, which is root's alone. Rejects where one of them cannot be bound.
 *
 * @param address `127.0.0.1:9466`
 * @returns what ends it
 */
export async function serveHttp(parts: HttpParts, socket: string, address: string): Promise<() => void> {
  const colon = address.lastIndexOf(':');
  const loopback = { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
  const processReader = new ProcessReader();
  const all = { ...parts, reading: () => processReader.read() };
  const servers = [createServer(answer(all, undefined)), createServer(answer(all, parts.orders))] as const;
  const close = (): void => {
    processReader.close();
    for (const server of servers) if (server.listening) server.close().closeAllConnections();
  };
  try {
    // First, so that a second agent fails here and leaves the first one its socket.
    await listen(servers[0], loopback);
    mkdirSync(dirname(socket), { recursive: true });
    // A socket that a killed agent left behind cannot be bound again.
    rmSync(socket, { force: true });
    await listen(servers[1], { path: socket });
    chmodSync(socket, 0o600);
  } catch (error) {
    // The one that is bound already would keep an agent alive that never came up.
    close();
    throw error;
  }
  return close;
}

const listen = (server: Server, options: ListenOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject).listen(options, resolve);
  });

function answer(parts: HttpParts & ProbeParts, orders: Orders | undefined): RequestListener {
  return (request, response) => {
    const [path = ''] = request.url?.split('?') ?? [];
    if (ORDER_PATHS.has(path)) return void answerOrder(orders, path, request, response);
    if (answerProbe(parts, path, response)) return;
    switch (path) {
      case '/status':
        return send(response, 200, 'application/json', `${JSON.stringify(parts.status())}\n`);
      case '/traffic':
        return void answerTraffic(parts.traffic, request.url ?? '', response);
      default:
        return plain(response, 404, 'there are /livez, /readyz, /metrics, /status and /traffic');
    }
  };
}
