import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';

/** An object as the API has it. */
export interface ApiObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly namespace?: string; readonly name: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

interface Logged {
  readonly version: number;
  readonly object: ApiObject;
  readonly line: string;
}

/** What one watch is to be told of. */
interface Selected {
  readonly kind: string;
  /** By the field selector metadata.name=; the only one that is known here. */
  readonly name: string | undefined;
}

/** What the server does wrong, until it is told otherwise. */
interface Faults {
  /** Answers every list, every watch, or both with this HTTP status. */
  list?: number;
  watch?: number;
  /** Seconds in the Retry-After header of those answers. */
  retryAfter?: number;
  /** Accepts a watch and sends nothing, not even the headers. */
  silent?: boolean;
  /** Answers everything below this path with 403. */
  forbidden?: string;
  /** Writes everything in pieces of so many bytes. */
  chunkBytes?: number;
}

const PATHS: Readonly<Record<string, string>> = {
  '/api/v1/services': 'Service',
  '/apis/discovery.k8s.io/v1/endpointslices': 'EndpointSlice',
  '/api/v1/nodes': 'Node',
};

/**
 * A small API server that behaves as the real one where fairlead relies on it: lists in pages with `continue`, items
 * without apiVersion and kind, watches that replay from a resourceVersion, bookmarks, and 410 for a version that is
 * too old. It holds state, counts what it is asked, and fails on demand.
 */
export class ApiServer {
  readonly faults: Faults = {};
  readonly requests: URL[] = [];
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));
  readonly #sockets = new Set<Socket>();
  readonly #objects = new Map<string, ApiObject>();
  readonly #watches = new Map<ServerResponse, Selected>();
  #log: Logged[] = [];
  #version = 1000;
  #oldest = 0;
  #port = 0;

  constructor() {
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => {});
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  get watches(): number {
    return this.#watches.size;
  }

  /** Starts to listen: on a free port at first, on the same one again afterwards. */
  async up(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
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

  put(object: ApiObject): void {
    this.#version += 1;
    const key = keyOf(object);
    const type = this.#objects.has(key) ? 'MODIFIED' : 'ADDED';
    const versioned = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    this.#objects.set(key, versioned);
    this.#tell(type, versioned);
  }

  delete(object: ApiObject): void {
    this.#version += 1;
    this.#objects.delete(keyOf(object));
    const last = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    this.#tell('DELETED', last);
  }

  /** Loses an object without an event, as a watcher sees what happened while it was away. */
  forget(object: ApiObject): void {
    this.#version += 1;
    this.#objects.delete(keyOf(object));
  }

  bookmark(): void {
    for (const kind of Object.values(PATHS)) {
      const metadata = { resourceVersion: String(this.#version), creationTimestamp: null };
      this.sendRaw(kind, `${JSON.stringify({ type: 'BOOKMARK', object: { kind, metadata } })}\n`);
    }
  }

  /** Sends text into every watch of a kind, whatever it is. */
  sendRaw(kind: string, text: string): void {
    for (const [response, watched] of this.#watches) if (watched.kind === kind) void this.#write(response, text);
  }

  /** Forgets all history: every version before now is too old to resume from. */
  compact(): void {
    this.#version += 10;
    this.#oldest = this.#version;
    this.#log = [];
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

  #tell(type: string, object: ApiObject): void {
    const line = `${JSON.stringify({ type, object })}\n`;
    this.#log.push({ version: this.#version, object, line });
    for (const [response, watched] of this.#watches) if (isSelected(watched, object)) void this.#write(response, line);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    this.requests.push(url);
    const kind = PATHS[url.pathname];
    const watch = url.searchParams.has('watch');
    const status = watch ? this.faults.watch : this.faults.list;
    if (request.headers.authorization !== 'Bearer secret') this.#refuse(response, 401, 'Unauthorized');
    else if (kind === undefined) this.#refuse(response, 404, 'not found');
    else if (url.pathname === this.faults.forbidden) this.#refuse(response, 403, 'forbidden');
    else if (status !== undefined) this.#refuse(response, status, 'told to fail');
    else if (watch) await this.#watch(url, selectedBy(url, kind), response);
    else this.#list(url, selectedBy(url, kind), response);
  }

  #refuse(response: ServerResponse, code: number, message: string): void {
    const { retryAfter } = this.faults;
    const headers = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code }));
  }

  #list(url: URL, selected: Selected, response: ServerResponse): void {
    const limit = Number(url.searchParams.get('limit') ?? Number.MAX_SAFE_INTEGER);
    const [version = String(this.#version), from = '0'] = url.searchParams.get('continue')?.split('/') ?? [];
    if (Number(version) < this.#oldest) {
      this.#refuse(response, 410, 'The provided continue parameter is too old');
      return;
    }
    const all = [...this.#objects.values()].filter((object) => isSelected(selected, object));
    const end = Number(from) + limit;
    const items = all.slice(Number(from), end).map(({ apiVersion: _version, kind: _kind, ...item }) => item);
    const metadata = { resourceVersion: version, ...(end < all.length ? { continue: `${version}/${end}` } : {}) };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ kind: `${selected.kind}List`, metadata, items }));
  }

  async #watch(url: URL, selected: Selected, response: ServerResponse): Promise<void> {
    if (this.faults.silent) return;
    const from = Number(url.searchParams.get('resourceVersion') ?? 0);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (from < this.#oldest) {
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
    const missed = this.#log.filter(({ version, object }) => version > from && isSelected(selected, object));
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

const selectedBy = (url: URL, kind: string): Selected => ({
  kind,
  name: url.searchParams.get('fieldSelector')?.replace('metadata.name=', ''),
});

const isSelected = ({ kind, name }: Selected, object: ApiObject): boolean =>
  object.kind === kind && (name === undefined || object.metadata.name === name);

const keyOf = ({ kind, metadata }: ApiObject): string => `${kind} ${metadata.namespace}/${metadata.name}`;

/** A Service as a cluster has it. */
export function service(name: string, address: string, labels: object = {}): ApiObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name, labels },
    spec: {
      type: 'ClusterIP',
      clusterIP: address,
      clusterIPs: [address],
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8080 }],
      sessionAffinity: 'None',
    },
  };
}

/** A Node in a zone. */
export const node = (name: string, zone: string): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { 'topology.kubernetes.io/zone': zone } },
});

/** An EndpointSlice of a Service, with its ready endpoints. */
export function endpointSlice(of: string, addresses: readonly string[], labels: object = {}): ApiObject {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { namespace: 'default', name: `${of}-x1`, labels: { 'kubernetes.io/service-name': of, ...labels } },
    addressType: 'IPv4',
    ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  };
}
