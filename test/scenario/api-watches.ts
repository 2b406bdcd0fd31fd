import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { KINDS } from './api-kinds.ts';
import { isSelected, type Selected } from './api-select.ts';
import type { ApiEvent, ApiStore } from './api-store.ts';

/** A watch that is open. */
interface Watch {
  readonly selected: Selected;
  /** Nothing up to this version is told, nor a bookmark of it: the one who asked has said to know it. */
  readonly from: number;
  /** Resolves once everything so far has been written. */
  written: Promise<void>;
}

/** What ends the initial events of a watch-list (KEP-3157). */
const INITIAL_EVENTS_END = { 'k8s.io/initial-events-end': 'true' };

/** The watches that are open, and what is written into them. */
export class ApiWatches {
  readonly #store: ApiStore;
  readonly #open = new Map<ServerResponse, Watch>();
  /** Writes everything in pieces of so many bytes. */
  chunkBytes: number | undefined;

  constructor(store: ApiStore) {
    this.#store = store;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Tells everybody who watches an object of its change. */
  tell(event: ApiEvent): void {
    for (const [response, watch] of this.#open) {
      if (event.version > watch.from && isSelected(watch.selected, event.object))
        this.#write(response, watch, event.line);
    }
  }

  bookmark(version = this.#store.version): void {
    for (const [response, watch] of this.#open) {
      if (version >= watch.from) this.#write(response, watch, bookmarkOf(watch.selected.kind, version));
    }
  }

  /** Sends text into every watch of a kind, whatever it is. */
  send(kind: string, text: string): void {
    for (const [response, watch] of this.#open) if (watch.selected.kind === kind) this.#write(response, watch, text);
  }

  /** Ends every watch in the orderly way, as at its timeoutSeconds. */
  end(): void {
    for (const response of this.#open.keys()) response.end();
  }

  /** Answers a watch: with what has happened since a version, or with all there is where `sendInitialEvents` asks for that. */
  answer({ searchParams }: URL, selected: Selected, response: ServerResponse): void {
    const initial = searchParams.get('sendInitialEvents') === 'true';
    const from = initial ? this.#store.version : Number(searchParams.get('resourceVersion') ?? 0);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (!initial && from < this.#store.oldest) return void response.end(EXPIRED);
    // What follows is put together at one moment: nothing happens between it and the events to come.
    const missed = initial ? this.#initialEvents(selected, from) : this.#missed(selected, from);
    const watch = { selected, from, written: Promise.resolve() };
    this.#open.set(response, watch);
    response.on('close', () => this.#open.delete(response));
    for (const line of missed) this.#write(response, watch, line);
  }

  /** In the order of the keys, as etcd has them, so that the versions come in no order. */
  #initialEvents(selected: Selected, version: number): string[] {
    const objects = this.#store.objects.filter((object) => isSelected(selected, object));
    const lines = objects.map((object) => `${JSON.stringify({ type: 'ADDED', object })}\n`);
    return [...lines, bookmarkOf(selected.kind, version, INITIAL_EVENTS_END)];
  }

  #missed(selected: Selected, from: number): string[] {
    return this.#store
      .since(from)
      .filter(({ object }) => isSelected(selected, object))
      .map(({ line }) => line);
  }

  /** Behind what is still being written: in pieces, one line would else stand inside of another. */
  #write(response: ServerResponse, watch: Watch, text: string): void {
    if (this.chunkBytes === undefined) return void response.write(text);
    watch.written = watch.written.then(() => writePieces(response, Buffer.from(text), this.chunkBytes ?? text.length));
  }
}

async function writePieces(response: ServerResponse, bytes: Buffer, size: number): Promise<void> {
  for (let start = 0; start < bytes.length; start += size) {
    response.write(bytes.subarray(start, start + size));
    await setImmediate();
  }
}

/** An object that is empty but for its version, of the kind that is watched. */
function bookmarkOf(kind: string, version: number | string, annotations?: object): string {
  const apiVersion = KINDS.find((known) => known.kind === kind)?.apiVersion;
  const metadata = { resourceVersion: String(version), creationTimestamp: null, ...(annotations && { annotations }) };
  return `${JSON.stringify({ type: 'BOOKMARK', object: { kind, apiVersion, metadata } })}\n`;
}

const EXPIRED = `${JSON.stringify({
  type: 'ERROR',
  object: {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'too old resource version: 1 (1000)',
    reason: 'Expired',
    code: 410,
  },
})}\n`;
