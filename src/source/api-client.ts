import http from 'node:http';
import https from 'node:https';
import { type Address, parseAddress } from '../model/address.ts';
import { ApiRefusal, refusalOf } from './api-refusal.ts';
import { chunksOf, Deadline, type Doubt, limitPhases } from './api-silence.ts';
import { hostOf } from './host.ts';

/** TLS and proxy settings, and headers with the credentials. */
export type ApiRequestOptions = Omit<https.RequestOptions, 'headers'> & { headers?: http.OutgoingHttpHeaders };

/** How the API server is reached at the moment: tokens and certificates change, so that every request asks anew. */
export interface ApiAccess {
  /** Throws where there is no usable kubeconfig, token or certificate. */
  request(): Promise<{ readonly server: string; readonly options: ApiRequestOptions }>;
  /**
   * Makes the next request read everything from its files again.
   * @param isRefused whether the server does not know who asks, so that whatever says so has to be asked again too
   */
  forget(isRefused: boolean): void;
}

export interface ApiTimeouts {
  readonly connectMs: number;
  readonly headersMs: number;
  /** Silence inside of a list. */
  readonly bodyMs: number;
  /** Silence inside of a watch. The API server sends a bookmark about once a minute (kubernetes #90249). */
  readonly watchMs: number;
  /** Until a server that has vanished, or hangs, is noticed by a watch to which it had nothing to say. */
  readonly lostMs: number;
}

/** The limits where an API server that is silent for so long, in milliseconds, is to count as lost. */
export const timeoutsFor = (lostMs: number): ApiTimeouts => ({
  connectMs: Math.min(10_000, lostMs),
  headersMs: lostMs,
  bodyMs: lostMs,
  watchMs: 95_000,
  lostMs,
});

export type Query = Readonly<Record<string, string | undefined>>;

/** A request that changes something. A PATCH is a strategic merge patch: lists that have a key are merged by it. */
export interface ApiWrite {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body: unknown;
}

interface Call {
  readonly path: string;
  readonly query: Query;
  /** Longest silence inside of the answer, asked for whenever something has come. */
  readonly silenceMs: () => number;
  /** Whether bytes break a silence; without, all do. */
  readonly says?: (chunk: Uint8Array) => boolean;
  /** Asks a silent server now and then whether it is there. */
  readonly doubts?: true;
  readonly write?: ApiWrite;
}

/** Requests to the API server over HTTP/1.1. Every phase of a request has a time limit; none can hang. */
export class ApiClient {
  readonly #access: ApiAccess;
  readonly #timeouts: ApiTimeouts;
  readonly #agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };

  readonly #closed = new AbortController();
  /** When the server last sent anything, by a clock that is never set. */
  #heardAt = -Infinity;
  #proof: Promise<void> | undefined;
  #address: Address | undefined;

  constructor(access: ApiAccess, timeouts: ApiTimeouts) {
    this.#access = access;
    this.#timeouts = timeouts;
  }

  /** That of the server which is asked, or what its name has led to; undefined before that is known, and behind a proxy. */
  get address(): Address | undefined {
    return this.#address;
  }

  /** One JSON document. Throws an ApiRefusal, or the error of the connection. */
  async get(path: string, query: Query, signal: AbortSignal): Promise<unknown> {
    return this.#document({ path, query, silenceMs: () => this.#timeouts.bodyMs }, signal);
  }

  /** The server's answer to a change, most often the object as it is now. After an error the change may have been made all the same. */
  async write(write: ApiWrite, signal: AbortSignal): Promise<unknown> {
    const call = { path: write.path, query: {}, silenceMs: () => this.#timeouts.bodyMs, write };
    return this.#document(call, signal);
  }

  /**
   * A watch stream, once the server has accepted it. It ends when the server ends it, and throws when it breaks.
   * @param isSending whether the server is sending a list, so that it may not be silent for as long as a watch
   */
  watch(path: string, query: Query, signal: AbortSignal, isSending: () => boolean): Promise<AsyncIterable<Uint8Array>> {
    const { bodyMs, watchMs } = this.#timeouts;
    const silenceMs = () => (isSending() ? bodyMs : watchMs);
    return this.#open({ path, query: { ...query, watch: 'true' }, silenceMs, doubts: true, says: endsLine }, signal);
  }

  /** Closes every connection. */
  close(): void {
    this.#closed.abort();
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  #document(call: Call, signal: AbortSignal): Promise<unknown> {
    return this.#open(call, signal).then((body) => documentOf(body, WHOLE_ANSWER * this.#timeouts.bodyMs));
  }

  async #open(call: Call, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    try {
      const deadline = new Deadline();
      const response = await this.#respond(call, deadline, signal);
      const body = this.#heard(chunksOf(response, call.silenceMs, call.doubts && this.#doubt, call.says ?? anything));
      const { statusCode, headers } = response;
      if (statusCode === 200 || statusCode === 201) return demandPlain(headers, body);
      throw await refusalOf(response, body);
    } catch (error) {
      this.#access.forget(error instanceof ApiRefusal && error.status === 401);
      throw error;
    }
  }

  async *#heard(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.#heardAt = performance.now();
      yield chunk;
    }
  }

  /** Half of the time for silence, half for an answer. What another answer shows need not be asked for. */
  get #doubt(): Doubt {
    const afterMs = this.#timeouts.lostMs / 2;
    const prove = async (): Promise<void> => {
      if (performance.now() - this.#heardAt < afterMs) return;
      this.#proof ??= this.#ask(afterMs).finally(() => (this.#proof = undefined));
      await this.#proof;
    };
    return { afterMs, prove };
  }

  /** The cheapest request there is, which everybody may make. Any answer will do, a refusal too. */
  async #ask(limitMs: number): Promise<void> {
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(limitMs)]);
    await this.get('/version', {}, signal).catch((error: unknown) => {
      if (!(error instanceof ApiRefusal)) throw error;
    });
    this.#heardAt = performance.now();
  }

  /** Files are read at once. What has to be asked who we are may hang, and holds up no one but the request that waits for it. */
  async #reach(signal: AbortSignal): ReturnType<ApiAccess['request']> {
    const { promise, reject } = Promise.withResolvers<never>();
    const { headersMs } = this.#timeouts;
    const timer = setTimeout(() => reject(new Error(`no credentials within ${headersMs} ms`)), headersMs);
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
    try {
      signal.throwIfAborted();
      return await Promise.race([this.#access.request(), promise]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  }

  async #respond({ path, query, write }: Call, deadline: Deadline, signal: AbortSignal): Promise<http.IncomingMessage> {
    const { server, options } = await this.#reach(signal);
    const url = urlOf(server, path, query);
    const body = write && Buffer.from(JSON.stringify(write.body));
    const [send, own] =
      url.protocol === 'http:' ? [http.request, this.#agents.http] : [https.request, this.#agents.https];
    const headers = {
      ...options.headers,
      accept: 'application/json',
      // Without a word of it, something on the way may compress as it likes (RFC 9110, 12.5.3).
      'accept-encoding': 'identity',
      'user-agent': 'fairlead',
      ...headersOf(write, body),
    };
    const method = write?.method ?? 'GET';
    const request = send(url, { ...options, method, agent: options.agent ?? own, headers, signal });
    const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
    request.on('response', resolve).on('error', reject);
    limitPhases(request, deadline, this.#timeouts);
    this.#follow(request, options.agent === undefined ? hostOf(url) : undefined);
    request.end(body);
    return promise.finally(() => deadline.clear());
  }

  /** @param host undefined behind a proxy */
  #follow(request: http.ClientRequest, host: string | undefined): void {
    const named = host === undefined ? undefined : parseAddress(host);
    if (host === undefined || named !== undefined) this.#address = named;
    else request.once('response', ({ socket }) => (this.#address = parseAddress(socket.remoteAddress ?? '')));
  }
}

function headersOf(write: ApiWrite | undefined, body: Buffer | undefined): http.OutgoingHttpHeaders {
  if (write === undefined || body === undefined) return {};
  const type = write.method === 'PATCH' ? 'strategic-merge-patch+json' : 'json';
  return { 'content-type': `application/${type}`, 'content-length': body.length };
}

function demandPlain<T>({ 'content-encoding': encoding = 'identity' }: http.IncomingHttpHeaders, body: T): T {
  if (encoding !== 'identity') throw new Error(`expected an answer without compression, found ${encoding}`);
  return body;
}

const anything = (): boolean => true;

/** Of a watch, whole lines count: a server that sends a byte now and then says nothing. */
const endsLine = (chunk: Uint8Array): boolean => chunk.includes(NEWLINE);
const NEWLINE = 10;

/** How many of the longest silences a whole answer may take. */
const WHOLE_ANSWER = 4;
/** Twice what 100 objects can come to that are as large as etcd takes them, which nobody has. */
const LONGEST_ANSWER_BYTES = 128 * 1024 * 1024;

/** A whole answer. One that drips, or that has no end, is given up. */
async function documentOf(body: AsyncIterable<Uint8Array>, limitMs: number): Promise<unknown> {
  const chunks: Uint8Array[] = [];
  const endsAt = performance.now() + limitMs;
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (performance.now() > endsAt) throw new Error(`no whole answer within ${limitMs} ms`);
    if (bytes > LONGEST_ANSWER_BYTES) throw new Error(`an answer of more than ${LONGEST_ANSWER_BYTES} bytes`);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
}

function urlOf(server: string, path: string, query: Query): URL {
  const url = new URL(server.replace(/\/$/, '') + path);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  return url;
}
