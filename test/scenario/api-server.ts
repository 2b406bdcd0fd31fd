import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { ApiObject } from './api-objects.ts';
import { isSelected, type Selected, selectedBy, targetOf } from './api-select.ts';
import { ApiStore, Refused, type Saved } from './api-store.ts';
import type { Tricks } from './api-tricks.ts';
import { ApiWatches } from './api-watches.ts';
import { write } from './api-write.ts';
import { inPieces } from './hostile-delivery.ts';

/** What the server does wrong, until it is told otherwise. */
interface Faults {
  /** Answers every list, every watch, or every change with this HTTP status. */
  list?: number;
  watch?: number;
  write?: number;
  /** Answers a watch that asks for the initial events as a server does that does not know them. */
  noWatchList?: 'invalid' | 'bad-request';
  /** Takes such a watch for one of what is yet to happen, which begins with nothing. */
  noInitialEvents?: boolean;
  /** Seconds in the Retry-After header of those answers. */
  retryAfter?: number;
  /** Accepts a watch and sends nothing, not even the headers. */
  silent?: boolean;
  /** Answers everything below this path with 403. */
  forbidden?: string;
  /** Ends the answer to everything but a watch after half of it. */
  half?: boolean;
}

/** What the server shows to be itself, as PEM: the certificate, and with it the authority that a kubeconfig names. */
export interface ApiIdentity {
  readonly key: Buffer;
  readonly cert: Buffer;
  readonly ca: Buffer;
}

/** Holds a request up, before it is carried out or before its answer is sent. */
type Delay = (moment: 'before' | 'after', request: IncomingMessage) => Promise<void>;

/**
 * A small API server that behaves as the real one where fairlead relies on it: lists in pages with `continue`, items
 * without apiVersion and kind, watches that replay from a resourceVersion, bookmarks, 410 for a version that is too old,
 * and 409 for a change of what has changed meanwhile. What can be written stands in the table of kinds. It holds state, counts what it is
 * asked, and fails on demand.
 */
export class ApiServer {
  readonly faults: Faults = {};
  readonly requests: URL[] = [];
  delay: Delay | undefined;
  tricks: Tricks = {};
  readonly #server: ReturnType<typeof createServer> | TlsServer;
  readonly #sockets = new Set<Socket>();
  readonly #store: ApiStore = new ApiStore((event) => this.#watches.tell(event));
  readonly #watches = new ApiWatches(this.#store, () => this.tricks);
  /** Of the lists that have been begun: what was there at their version. */
  readonly #begun = new Map<string, readonly ApiObject[]>();
  readonly #identity: ApiIdentity | undefined;
  readonly #host: string;
  #port: number;

  /** @param port 0 for any that is free */
  constructor(host = '127.0.0.1', port = 0, identity?: ApiIdentity) {
    this.#host = host;
    this.#port = port;
    this.#identity = identity;
    const answer = (request: IncomingMessage, response: ServerResponse): void => void this.#answer(request, response);
    this.#server = identity ? createTlsServer(identity, answer) : createServer(answer);
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => {});
      this.tricks.connection?.(socket);
    });
  }

  /** Shows another certificate to who connects from now on; the kubeconfig still names the first authority. */
  show(identity: ApiIdentity): void {
    if ('setSecureContext' in this.#server) this.#server.setSecureContext(identity);
  }

  get url(): string {
    return `${this.#identity ? 'https' : 'http'}://${this.#host}:${this.#port}`;
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
      clusters: [{ name: 'test', cluster: { server: this.url, ...this.#trust() } }],
      users: [{ name: 'test', user: { token: 'secret' } }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    });
  }

  #trust(): object {
    if (!this.#identity) return { 'insecure-skip-tls-verify': true };
    return { 'certificate-authority-data': this.#identity.ca.toString('base64') };
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

  /** A backup of everything. */
  save(): Saved {
    return this.#store.save();
  }

  /** Goes back to a backup, its versions too, as an etcd that is restored without `--bump-revision`. Ends no watch. */
  load(saved: Saved): void {
    this.#store.load(saved);
    this.#begun.clear();
  }

  /** Tells every watch that nothing has happened up to a version, or up to now. */
  bookmark(version = this.#store.version): void {
    this.#watches.bookmark(version);
  }

  /** Sends text into every watch of a kind, whatever it is. */
  sendRaw(kind: string, text: string): void {
    this.#watches.send(kind, text);
  }

  /** Writes everything in pieces of so many bytes. */
  set chunkBytes(bytes: number) {
    this.tricks = { deliver: inPieces(bytes) };
  }

  /** Forgets all history: every version before now is too old to resume from. */
  compact(): void {
    this.#store.compact();
  }

  /** Ends every watch in the orderly way, as at its timeoutSeconds. */
  endWatches(): void {
    this.#watches.end();
  }

  /** Resets every connection (RST). */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** How many requests were made for a path, by their kind. A watch-list is a watch too. */
  count(path: string, kind: 'list' | 'watch' | 'watch-list'): number {
    return this.requests.filter((url) => url.pathname === path && isOfKind(url, kind)).length;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    this.requests.push(url);
    const body = await bodyOf(request).catch(() => undefined);
    if (body === undefined || this.tricks.request?.(url, response)) return;
    await this.delay?.('before', request);
    const answer = this.#carryOut(request, url, body);
    await this.delay?.('after', request);
    if (answer instanceof Refused) this.#refuse(response, answer.code, answer.message);
    else if (answer !== 'watch') this.#send(response, request.method === 'POST' ? 201 : 200, answer, url);
    else if (!this.faults.silent) this.#watches.answer(this.#understood(url), selectedBy(url), response);
  }

  #understood(url: URL): URL {
    if (!this.faults.noInitialEvents || !url.searchParams.has('sendInitialEvents')) return url;
    return new URL(`?resourceVersion=${this.#store.version}`, url);
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
      if (request.method !== 'GET') return write(this.#store, request, target, body);
      if (url.searchParams.has('watch')) return this.#acceptWatch(url);
      if (target.name !== undefined) return this.#store.find(target.kind.kind, target.name);
      return this.#list(url, selectedBy(url));
    } catch (error) {
      if (error instanceof Refused) return error;
      throw error;
    }
  }

  /** ValidateListOptions in apimachinery: what a server that does not know watch-lists, or is asked wrongly, answers. */
  #acceptWatch({ searchParams }: URL): 'watch' {
    const initial = searchParams.has('sendInitialEvents');
    const version = searchParams.get('resourceVersion') ?? '';
    if (!/^\d*$/.test(version)) throw new Refused(500, `resourceVersion: Invalid value: "${version}"`);
    if (initial && this.faults.noWatchList === 'bad-request') throw new Refused(400, 'unknown sendInitialEvents');
    if (initial && this.faults.noWatchList === 'invalid') throw new Refused(422, WATCH_LIST_FORBIDDEN);
    if (initial !== (searchParams.get('resourceVersionMatch') === 'NotOlderThan')) {
      throw new Refused(422, 'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch');
    }
    return 'watch';
  }

  #send(response: ServerResponse, code: number, answer: object, url: URL): void {
    const json = JSON.stringify(answer);
    response.writeHead(code, { 'content-type': 'application/json', ...this.tricks.headers });
    const text = this.faults.half ? json.slice(0, json.length / 2) : json;
    const body = this.tricks.answer?.(text, url) ?? text;
    if (!this.tricks.deliver) return void response.end(body);
    void this.tricks.deliver(response, Buffer.from(body), false).then(() => response.end());
  }

  #refuse(response: ServerResponse, code: number, message: string): void {
    const { retryAfter } = this.faults;
    const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code }));
  }

  /** Every page of a list shows what was there at the version of its first one. */
  #list(url: URL, selected: Selected): object {
    const { objects, oldest, version: now } = this.#store;
    const limit = Number(url.searchParams.get('limit') ?? Number.MAX_SAFE_INTEGER);
    const token = url.searchParams.get('continue') ?? `${now}/0`;
    if (!/^\d+\/\d+$/.test(token)) throw new Refused(400, 'invalid continue token');
    const [version = '', from = ''] = token.split('/');
    if (Number(version) < oldest) throw new Refused(410, 'The provided continue parameter is too old');
    const all = (this.#begun.get(version) ?? objects).filter((object) => isSelected(selected, object));
    const end = Number(from) + limit;
    const items = all.slice(Number(from), end).map(({ apiVersion: _version, kind: _kind, ...item }) => item);
    const more = end < all.length;
    if (more && !this.#begun.has(version)) this.#begun.set(version, objects);
    const metadata = { resourceVersion: version, ...(more && { continue: `${version}/${end}` }) };
    return { kind: `${selected.kind}List`, metadata, items };
  }
}

function isOfKind({ searchParams }: URL, kind: 'list' | 'watch' | 'watch-list'): boolean {
  if (kind === 'watch-list') return searchParams.has('sendInitialEvents');
  return searchParams.has('watch') === (kind === 'watch');
}

const WATCH_LIST_FORBIDDEN =
  'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks).toString('utf8');
}

const faultOf = ({ method }: IncomingMessage, url: URL): 'list' | 'watch' | 'write' =>
  method === 'GET' ? (url.searchParams.has('watch') ? 'watch' : 'list') : 'write';
