import type { ServerResponse } from 'node:http';
import { KINDS } from './api-kinds.ts';
import { isSelected, type Selected } from './api-select.ts';
import type { ApiEvent, ApiStore } from './api-store.ts';
import type { Tricks } from './api-tricks.ts';

/** A watch that is open. */
interface Watch {
  readonly selected: Selected;
  /** Nothing up to this version is told, nor a bookmark of it: the one who asked has said to know it. */
  readonly from: number;
  /** Resolves once everything so far has been written; undefined where all of it has. */
  written: Promise<void> | undefined;
}

/** What ends the initial events of a watch-list (KEP-3157). */
const INITIAL_EVENTS_END = { 'k8s.io/initial-events-end': 'true' };

/** The watches that are open, and what is written into them. */
export class ApiWatches {
  readonly #store: ApiStore;
  readonly #open = new Map<ServerResponse, Watch>();
  readonly #tricks: () => Tricks;

  constructor(store: ApiStore, tricks: () => Tricks) {
    this.#store = store;
    this.#tricks = tricks;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Tells everybody who watches an object of its change. */
  tell(event: ApiEvent): void {
    for (const [response, watch] of this.#open) {
      if (event.version > watch.from && isSelected(watch.selected, event.object))
        this.#writeLine(response, watch, event.line);
    }
  }

  bookmark(version: number): void {
    for (const [response, watch] of this.#open) {
      if (this.#store.version >= watch.from) this.#writeLine(response, watch, bookmarkOf(watch.selected.kind, version));
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
    const asked = Number(searchParams.get('resourceVersion') ?? 0);
    const from = initial ? Math.max(asked, this.#store.version) : asked;
    response.writeHead(200, { 'content-type': 'application/json', ...this.#tricks().headers });
    response.flushHeaders();
    if (!initial && from < this.#store.oldest) return void response.end(EXPIRED);
    // What follows is put together at one moment: nothing happens between it and the events to come.
    const bookmarks = searchParams.get('allowWatchBookmarks') === 'true';
    const missed = initial ? this.#initialEvents(selected, from, bookmarks) : this.#missed(selected, from);
    const watch: Watch = { selected, from, written: undefined };
    this.#open.set(response, watch);
    response.on('close', () => this.#open.delete(response));
    for (const line of missed) this.#writeLine(response, watch, line);
  }

  /**
   * In the order of the keys, as etcd has them, so that the versions come in no order. Nothing where a version is asked
   * for that is still to come, as with a watch from such a one.
   */
  #initialEvents(selected: Selected, version: number, bookmarks: boolean): string[] {
    if (version > this.#store.version) return [];
    const objects = this.#store.objects.filter((object) => isSelected(selected, object));
    const lines = objects.map((object) => `${JSON.stringify({ type: 'ADDED', object })}\n`);
    return bookmarks ? [...lines, bookmarkOf(selected.kind, version, INITIAL_EVENTS_END)] : lines;
  }

  #missed(selected: Selected, from: number): string[] {
    return this.#store
      .since(from)
      .filter(({ object }) => isSelected(selected, object))
      .map(({ line }) => line);
  }

  #writeLine(response: ServerResponse, watch: Watch, line: string): void {
    const text = this.#tricks().line?.(line, watch.selected.kind) ?? line;
    if (text !== '') this.#write(response, watch, text);
  }

  /** Behind what is still being written: in pieces, one line would else stand inside of another. */
  #write(response: ServerResponse, watch: Watch, text: string): void {
    if (response.writableEnded) return;
    const { deliver = inOne } = this.#tricks();
    if (deliver === inOne && !watch.written) return void response.write(text);
    const written = deliverAfter(watch.written, () => deliver(response, Buffer.from(text), true));
    watch.written = written;
    void written.then(() => {
      if (watch.written === written) watch.written = undefined;
      return undefined;
    });
  }
}

async function deliverAfter(before: Promise<void> | undefined, deliver: () => Promise<void>): Promise<void> {
  await before;
  await deliver().catch(() => {});
}

const inOne: NonNullable<Tricks['deliver']> = async (response, bytes) => void response.write(bytes);

/** An object that is empty but for its version, of the kind that is watched. */
function bookmarkOf(kind: string, version: number | string, annotations?: object): string {
  const apiVersion = KINDS.find((known) => known.kind === kind)?.apiVersion;
  const metadata = { resourceVersion: String(version), ...(annotations && { annotations }) };
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
