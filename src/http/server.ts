import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { ListenOptions } from 'node:net';
import { dirname } from 'node:path';
import { explain } from '../model/error.ts';
import { answerExplanation, type AskExplanation } from './explain.ts';
import { isOwnHost } from './host.ts';
import { ProcessReader } from './metrics/read-process.ts';
import { answerOrder, ORDER_PATHS, type Orders } from './orders.ts';
import { answerPage } from './page-answer.ts';
import { answerProbe, type ProbeParts } from './probes.ts';
import { plain, send } from './send.ts';
import { Streams } from './streams.ts';
import { answerTraffic, type AskTraffic } from './traffic.ts';

/** What the endpoints are made of. */
export interface HttpParts extends Omit<ProbeParts, 'reading'> {
  readonly orders: Orders;
  readonly traffic: AskTraffic;
  readonly explain: AskExplanation;
}

/** A loop that has not come round for this long does not come round any more. */
export const STUCK_AFTER_MS = 60_000;

/** An address of this node that other machines reach. */
export interface OpenAddress {
  readonly host: string;
  readonly port: number;
  /** Called where it cannot be bound: the agent serves its ranges without it. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Serves the status page and its stream, /livez, /readyz, /metrics, /status, /traffic and /explain on a unix socket and on a loopback
 * address, and takes orders on the unix socket, which is root's alone. Rejects where one of them cannot be bound.
 *
 * @param address `127.0.0.1:9466`
 * @param open where /livez, /readyz and /metrics are served as well, and nothing else is
 * @returns what ends it
 */
export async function serveHttp(
  parts: HttpParts,
  socket: string,
  address: string,
  open?: OpenAddress,
): Promise<() => void> {
  const colon = address.lastIndexOf(':');
  const loopback = { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
  const processReader = new ProcessReader();
  const all = { ...parts, reading: () => processReader.read() };
  const routes = routesOf(parts);
  const servers = [
    createServer(answer(all, routes, undefined)),
    createServer(answer(all, routes, parts.orders)),
    createServer(answerOpen(all)),
  ] as const;
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
    if (open) await listen(servers[2], open).catch(open.onFailure);
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

/** What answers at each path that is not for probes; what it returns may be waited for. */
type Route = (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => unknown;

function routesOf(parts: HttpParts): ReadonlyMap<string, Route> {
  const { explain: ask, status, traffic } = parts;
  const streams = new Streams(parts);
  return new Map<string, Route>([
    ['/', (_, response, query) => answerPage(response, parts, query)],
    ['/events', (request, response, query) => streams.answer(request, response, query)],
    ['/status', (_, response) => send(response, 200, 'application/json', `${JSON.stringify(status())}\n`)],
    ['/traffic', (request, response) => answerTraffic(traffic, request.url ?? '', response)],
    ['/explain', (_, response, query) => answerExplanation(ask, query, response)],
  ]);
}

/** @param orders undefined on the loopback address, which any process of the node reaches, and a browser for any site */
function answer(parts: ProbeParts, routes: ReadonlyMap<string, Route>, orders: Orders | undefined): RequestListener {
  return (request, response) => {
    const [path = '', query] = request.url?.split('?') ?? [];
    for (const [name, value] of Object.entries(CAREFUL)) response.setHeader(name, value);
    if (ORDER_PATHS.has(path)) return void answerOrder(orders, path, request, response);
    if (orders === undefined && !isOwnHost(request.headers.host)) return plain(response, 421, FOREIGN_HOST);
    if (answerProbe(parts, path, response)) return;
    const route = routes.get(path);
    if (route === undefined)
      return plain(response, 404, `there are /livez, /readyz, /metrics, ${[...routes.keys()].join(', ')}`);
    // Whoever looks at the agent is not to be able to end it.
    void Promise.try(route, request, response, new URLSearchParams(query)).catch((error: unknown) =>
      response.headersSent ? response.destroy() : plain(response, 500, explain(error)),
    );
  };
}

/** For whatever browser it is that asks. */
const CAREFUL = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' };
const FOREIGN_HOST = 'this agent answers to addresses and to localhost, and to no other name';

/** Nothing that names a Service or takes an order. */
const answerOpen =
  (parts: ProbeParts): RequestListener =>
  (request, response) => {
    const [path = ''] = request.url?.split('?') ?? [];
    if (!answerProbe(parts, path, response)) plain(response, 404, 'there are /livez, /readyz and /metrics');
  };
