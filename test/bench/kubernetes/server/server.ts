import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { monotonicMs } from '../clock.ts';
import { bookmarkOf, type Change, eventOf, listOf, type Stock } from './stock.ts';

/** So much is written at a time: as a TLS record takes it, and as a socket does not yet call much. */
const PIECE_BYTES = 16_384;
/** As the API server, which has one about once a minute (kubernetes #90249). */
const BOOKMARK_MS = 60_000;

/** A change, and when its event was handed to the socket. */
export type Sent = readonly [service: string, at: number];

/**
 * The part of an API server that a client reads from, over TLS and HTTP/1.1: lists, whole or in pages, and watches with
 * and without initial events. It keeps no history: a watch goes on from now, or has expired. Whatever is written to it is
 * taken and not kept.
 */
export class BenchServer {
  readonly #stock: Stock;
  readonly #watches = new Map<ServerResponse, string>();
  #prepared: readonly Change[] = [];

  constructor(stock: Stock) {
    this.#stock = stock;
  }

  /** @returns the port */
  async listen(host: string, port: number, { cert, key }: { cert: string; key: string }): Promise<number> {
    const server = createServer({ cert: readFileSync(cert), key: readFileSync(key), noDelay: true });
    server.on('request', (request, response) => {
      void this.#answer(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    server.on('secureConnection', (socket) => socket.on('error', () => {}));
    server.on('tlsClientError', () => {});
    server.listen(port, host);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  /** Makes the next so many changes, the one of the marker not counted, into bytes. */
  prepare(count: number): void {
    this.#prepared = this.#stock.prepare(count);
  }

  /** Tells what is prepared, so many a second, or as fast as it is read where that is 0. */
  async send(perSecond: number): Promise<Sent[]> {
    const watches = [...this.#watches].flatMap(([response, path]) => (this.#stock.concerns(path) ? [response] : []));
    const changes = this.#prepared;
    this.#prepared = [];
    const begin = monotonicMs();
    const sent: Sent[] = [];
    for (const change of changes) {
      await due(begin, perSecond, sent.length);
      this.#stock.take(change);
      sent.push([change.service, monotonicMs()]);
      for (const response of watches) if (!response.write(change.event)) await once(response, 'drain');
    }
    return sent;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'https://bench');
    if (request.method !== 'GET') return await echo(request, response);
    response.writeHead(200, { 'content-type': 'application/json' });
    if (query.has('watch')) await this.#watch(pathname, query, response);
    else await this.#list(pathname, query, response);
  }

  async #list(path: string, query: URLSearchParams, response: ServerResponse): Promise<void> {
    const of = this.#stock.at(path);
    const from = Number(query.get('continue') ?? 0);
    const to = from + Number(query.get('limit') ?? of.items.length);
    await writeAll(response, listOf(of, this.#stock.version, from, to));
    response.end();
  }

  async #watch(path: string, query: URLSearchParams, response: ServerResponse): Promise<void> {
    const of = this.#stock.at(path);
    response.flushHeaders();
    if (query.get('sendInitialEvents') === 'true') {
      await writeAll(
        response,
        of.items.values().map((item) => eventOf('ADDED', of, item)),
      );
      response.write(bookmarkOf(of, this.#stock.version, true));
    } else if (query.get('resourceVersion') !== this.#stock.version && of.items.length > 0) {
      response.end(EXPIRED);
      return;
    }
    this.#watches.set(response, path);
    const bookmarks = setInterval(() => response.write(bookmarkOf(of, this.#stock.version, false)), BOOKMARK_MS);
    response.on('close', () => {
      clearInterval(bookmarks);
      this.#watches.delete(response);
    });
  }
}

const EXPIRED = `${JSON.stringify({
  type: 'ERROR',
  object: { kind: 'Status', status: 'Failure', message: 'too old resource version', reason: 'Expired', code: 410 },
})}\n`;

/** Waits until it is time for the event of this number. */
async function due(begin: number, perSecond: number, number: number): Promise<void> {
  if (perSecond === 0) return;
  const at = begin + (number * 1000) / perSecond;
  const left = at - monotonicMs();
  if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
}

async function writeAll(response: ServerResponse, buffers: Iterable<Buffer>): Promise<void> {
  let piece: Buffer[] = [];
  let bytes = 0;
  for (const buffer of buffers) {
    piece.push(buffer);
    bytes += buffer.length;
    if (bytes < PIECE_BYTES) continue;
    if (!response.write(Buffer.concat(piece))) await once(response, 'drain');
    piece = [];
    bytes = 0;
  }
  response.write(Buffer.concat(piece));
}

async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  response.writeHead(request.method === 'POST' ? 201 : 200, { 'content-type': 'application/json' });
  response.end(Buffer.concat(chunks));
}
