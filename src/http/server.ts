import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { ListenOptions } from 'node:net';
import { dirname } from 'node:path';
import type { Status } from '../model/status.ts';
import { renderMetrics } from './metrics.ts';
import { answerOrder, ORDER_PATHS, type Orders } from './orders.ts';
import { answerTraffic, type AskTraffic } from './traffic.ts';

/** What the endpoints are made of. */
export interface HttpParts {
  readonly status: () => Status;
  /** Why the agent should be restarted; undefined while its loop turns. */
  readonly stuck: () => string | undefined;
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
  const servers = [createServer(answer(parts, undefined)), createServer(answer(parts, parts.orders))] as const;
  const close = (): void => {
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

function answer({ status, stuck, traffic }: HttpParts, orders: Orders | undefined): RequestListener {
  return (request, response) => {
    const [path = ''] = request.url?.split('?') ?? [];
    if (ORDER_PATHS.has(path)) return void answerOrder(orders, path, request, response);
    switch (path) {
      case '/livez':
        return livez(response, stuck());
      case '/readyz':
        return readyz(response, status());
      case '/status':
        return send(response, 200, 'application/json', `${JSON.stringify(status())}\n`);
      case '/traffic':
        return void answerTraffic(traffic, request.url ?? '', response);
      case '/metrics':
        return void renderMetrics(status()).then((text) => send(response, 200, 'text/plain; version=0.0.4', text));
      default:
        return plain(response, 404, 'there are /livez, /readyz, /metrics, /status and /traffic');
    }
  };
}

/** Alive: the loop turns. Whether there is anything to announce is no reason for a restart. */
const livez = (response: ServerResponse, stuck: string | undefined): void =>
  plain(response, stuck === undefined ? 200 : 503, stuck ?? 'ok');

/** Ready: this node earns a full announcement. */
function readyz(response: ServerResponse, { announcement }: Status): void {
  if (announcement.state === 'announced') plain(response, 200, 'announced');
  else plain(response, 503, `${announcement.state}: ${announcement.reason}: ${announcement.detail}`);
}

const plain = (response: ServerResponse, code: number, text: string): void =>
  send(response, code, 'text/plain', `${text}\n`);

function send(response: ServerResponse, code: number, type: string, body: string): void {
  response.writeHead(code, { 'content-type': type }).end(body);
}
