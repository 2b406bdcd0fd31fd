import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { objectAt, type JsonObject } from '../../src/source/json.ts';
import { readLease } from './api-lease.ts';
import type { ApiObject } from './api-objects.ts';
import { isSelected, PATHS, type Selected, selectedBy, type Target, targetOf } from './api-select.ts';
import { type ApiEvent, ApiStore, Refused } from './api-store.ts';

/** What the server does wrong, until it is told otherwise. */
interface Faults {
  /** Answers every list, every watch, or every change with this HTTP status. */
  list?: number;
  watch?: number;
  write?: number;
  /** Seconds in the Retry-After header of those answers. */
  retryAfter?: number;
  /** Accepts a watch and sends nothing, not even the headers. */
  silent?: boolean;
  /** Answers everything below this path with 403. */
  forbidden?: string;
  /** Writes everything in pieces of so many bytes. */
  chunkBytes?: number;
  /** Ends the answer to everything but a watch after half of it. */
  half?: boolean;
}

/** Holds a request up, before it is carried out or before its answer is sent. */
type Delay = (moment: 'before' | 'after', request: IncomingMessage) => Promise<void>;

/**
 * A small API server that behaves as the real one where fairlead relies on it: lists in pages with `continue`, items
 * without apiVersion and kind, watches that replay from a resourceVersion, bookmarks, 410 for a version that is too old,
 * and 409 for a change of what has changed meanwhile. Only Leases can be written. It holds state, counts what it is
 * asked, and fails on demand.
 */
export class ApiServer {
  readonly faults: Faults = {};
  readonly requests: URL[] = [];
  delay: Delay | undefined;
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));
  readonly #sockets = new Set<Socket>();
  readonly #store = new ApiStore((event) => this.#tell(event));
  readonly #watches = new Map<ServerResponse, Selected>();
  readonly #host: string;
  #port: number;

  /** @param port 0 for any that is free */
  constructor(host = '127.0.0.1', port = 0) {
    this.#host = host;
    this.#port = port;
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => {});
    });
  }

  get url(): string {
    return `http://${this.#host}:${this.#port}`;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  get watches(): number {
    return this.#watches.size;
  }

  /** Starts to listen: on a free port at first, on the same one again afterwards. */
  async up(): Promise<void> {
    this.#server.listen(this.#port, this.#host);
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Stops to listen and resets every connection. */
  async down(): Promise<void> {
    this.#server.close();
    this.reset();
    await once(this.#server, 'close');
  }

  /** A kubeconfig for this server. */
  kubeconfig(): string {
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'test',
      clusters: [{ name: 'test', cluster: { server: this.url, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'test', user: { token: 'secret' } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    });
  }

  /** The objects of a kind, as they are now. */
  all(kind: string): readonly ApiObject[] {
    return this.#store.objects.filter((object) => object.kind === kind);
  }

  put(object: ApiObject): void {
    this.#store.put(object);
  }

  delete(object: ApiObject): void {
    this.#store.delete(object);
  }

  /** Loses an object without an event, as a watcher sees what happened while it was away. */
  forget(object: ApiObject): void {
    this.#store.forget(object);
  }

  bookmark(): void {
    for (const kind of Object.values(PATHS)) {
      const metadata = { resourceVersion: String(this.#store.version), creationTimestamp: null };
      this.sendRaw(kind, `${JSON.stringify({ type: 'BOOKMARK', object: { kind, metadata } })}\n`);
    }
  }

  /** Sends text into every watch of a kind, whatever it is. */
  sendRaw(kind: string, text: string): void {
    for (const [response, watched] of this.#watches) if (watched.kind === kind) void this.#write(response, text);
  }

  /** Forgets all history: every version before now is too old to resume from. */
  compact(): void {
    this.#store.compact();
  }

  /** Ends every watch in the orderly way, as at its timeoutSeconds. */
  endWatches(): void {
    for (const response of this.#watches.keys()) response.end();
  }

  /** Resets every connection (RST). */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** How many requests were made for a path, by their kind. */
  count(path: string, kind: 'list' | 'watch'): number {
    return this.requests.filter((url) => url.pathname === path && url.searchParams.has('watch') === (kind === 'watch'))
      .length;
  }

  #tell({ line, object }: ApiEvent): void {
    for (const [response, watched] of this.#watches) if (isSelected(watched, object)) void this.#write(response, line);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    this.requests.push(url);
    const body = await bodyOf(request).catch(() => undefined);
    if (body === undefined) return;
    await this.delay?.('before', request);
    const answer = this.#carryOut(request, url, body);
    await this.delay?.('after', request);
    if (answer instanceof Refused) this.#refuse(response, answer.code, answer.message);
    else if (answer === 'watch') await this.#watch(url, selectedBy(url), response);
    else this.#send(response, request.method === 'POST' ? 201 : 200, answer);
  }

  /** All that a request changes or reads happens here, at one moment. */
  #carryOut(request: IncomingMessage, url: URL, body: string): object | 'watch' {
    try {
      if (request.headers.authorization !== 'Bearer secret') throw new Refused(401, 'Unauthorized');
      const target = targetOf(url);
      if (target === undefined) throw new Refused(404, 'not found');
      const { forbidden } = this.faults;
      if (forbidden !== undefined && url.pathname.startsWith(forbidden)) throw new Refused(403, 'forbidden');
      const status = this.faults[faultOf(request, url)];
      if (status !== undefined) throw new Refused(status, 'told to fail');
      if (request.method !== 'GET') return this.#change(request.method, target, body);
      if (url.searchParams.has('watch')) return 'watch';
      return target.name === undefined ? this.#list(url, selectedBy(url)) : this.#store.find(target.kind, target.name);
    } catch (error) {
      if (error instanceof Refused) return error;
      throw error;
    }
  }

  #change(method: string | undefined, { kind, name }: Target, body: string): ApiObject {
    if (kind !== 'Lease') throw new Refused(405, 'only Leases can be written');
    if (method === 'DELETE' && name !== undefined) {
      const preconditions = objectAt(JSON.parse(body) as JsonObject, 'preconditions');
      return this.#store.remove(this.#store.find(kind, name), preconditions);
    }
    const lease = readLease(body, 'fairlead');
    if (method === 'POST' && name === undefined) return this.#store.create(lease);
    if (method === 'PUT' && name === lease.metadata.name) return this.#store.update(lease);
    throw new Refused(405, `${method} is not allowed here`);
  }

  #send(response: ServerResponse, code: number, answer: object): void {
    const json = JSON.stringify(answer);
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(this.faults.half ? json.slice(0, json.length / 2) : json);
  }

  #refuse(response: ServerResponse, code: number, message: string): void {
    const { retryAfter } = this.faults;
    const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code }));
  }

  #list(url: URL, selected: Selected): object {
    const { objects, oldest, version: now } = this.#store;
    const limit = Number(url.searchParams.get('limit') ?? Number.MAX_SAFE_INTEGER);
    const [version = String(now), from = '0'] = url.searchParams.get('continue')?.split('/') ?? [];
    if (Number(version) < oldest) throw new Refused(410, 'The provided continue parameter is too old');
    const all = objects.filter((object) => isSelected(selected, object));
    const end = Number(from) + limit;
    const items = all.slice(Number(from), end).map(({ apiVersion: _version, kind: _kind, ...item }) => item);
    const metadata = { resourceVersion: version, ...(end < all.length ? { continue: `${version}/${end}` } : {}) };
    return { kind: `${selected.kind}List`, metadata, items };
  }

  async #watch(url: URL, selected: Selected, response: ServerResponse): Promise<void> {
    if (this.faults.silent) return;
    const from = Number(url.searchParams.get('resourceVersion') ?? 0);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (from < this.#store.oldest) {
      const object = {
        kind: 'Status',
        status: 'Failure',
        message: 'too old resource version',
        reason: 'Expired',
        code: 410,
      };
      response.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
      return;
    }
    this.#watches.set(response, selected);
    response.on('close', () => this.#watches.delete(response));
    const missed = this.#store.since(from).filter(({ object }) => isSelected(selected, object));
    for (const { line } of missed) await this.#write(response, line);
  }

  async #write(response: ServerResponse, text: string): Promise<void> {
    const bytes = Buffer.from(text);
    const size = this.faults.chunkBytes ?? bytes.length;
    for (let start = 0; start < bytes.length; start += size) {
      response.write(bytes.subarray(start, start + size));
      if (size < bytes.length) await setImmediate();
    }
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks).toString('utf8');
}

const faultOf = ({ method }: IncomingMessage, url: URL): 'list' | 'watch' | 'write' =>
  method === 'GET' ? (url.searchParams.has('watch') ? 'watch' : 'list') : 'write';
