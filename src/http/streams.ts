import type { IncomingMessage, ServerResponse } from 'node:http';
import { look, type Sources } from './look.ts';
import { changedSections, type Sections, sectionsOf, type View, viewOf } from './page/page.ts';
import { plain } from './send.ts';

/** More people than that have no need to look at one node at a time. */
export const MOST_STREAMS = 16;
/** How often what has changed is sent. */
const EVERY_MS = 1000;
/** A stream on which nothing was sent for so long is told that it still lives; the page takes three times that for lost. */
const BEAT_EVERY_MS = 5000;
/** Who has not taken in for so long what was sent is not sent more. */
const STALLED_AFTER_MS = 15_000;

interface Stream {
  readonly response: ServerResponse;
  readonly view: View;
  sent: Sections;
  /** Milliseconds of the clock of the status. */
  sentAt: number;
}

/** What a stream may be sent at one moment. */
interface Moment {
  readonly at: number;
  readonly sections: Sections;
}

/**
 * The pages that are open, each with a stream of server-sent events (WHATWG HTML, section 9.2): `sections`, with the markup of
 * what has changed, and `beat`, when nothing has. It lasts as long as the process, whichever agent is in service.
 * While nobody looks, it does nothing.
 */
export class Streams {
  readonly #sources: Sources;
  readonly #open = new Set<Stream>();
  /** Whether a round is under way or to come. */
  #isWatching = false;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** Answers `GET /events`: with all there is, and then for as long as the other end listens. */
  async answer(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): Promise<void> {
    // Another site may not read the stream, and might hold all of them open.
    if (!['same-origin', 'none', undefined].includes(request.headers['sec-fetch-site']?.toString())) {
      return plain(response, 403, 'the stream is for the page of this agent alone');
    }
    if (this.#open.size >= MOST_STREAMS) {
      response.setHeader('retry-after', '10');
      return plain(response, 503, `${MOST_STREAMS} pages of this agent are open, and no more are served`);
    }
    const stream: Stream = { response, view: viewOf(query), sent: {}, sentAt: 0 };
    this.#open.add(stream);
    response.on('close', () => this.#open.delete(stream));
    const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
    response.writeHead(200, headers).write('retry: 2000\n\n');
    send(stream, await this.#now(stream.view));
    if (!this.#isWatching) this.#soon();
  }

  async #now(view: View): Promise<Moment> {
    const seen = await look(this.#sources, view);
    return { at: seen.status.at, sections: sectionsOf(seen) };
  }

  /** It keeps no process alive that is about to end. */
  #soon(): void {
    this.#isWatching = true;
    setTimeout(() => void this.#round(), EVERY_MS).unref();
  }

  /** The next one begins a second after this one has ended, and where nobody looks any more there is none. */
  async #round(): Promise<void> {
    try {
      await this.#sendAll();
    } catch {
      // Whoever looks at the agent is not to be able to end it. A page that is opened anew tells why.
      for (const { response } of this.#open) response.destroy();
    }
    this.#isWatching = false;
    if (this.#open.size > 0) this.#soon();
  }

  /** Pages that look at the same are rendered once. */
  async #sendAll(): Promise<void> {
    const rendered = new Map<string, Moment>();
    for (const stream of this.#open) {
      const { filter } = stream.view;
      const moment = rendered.get(filter) ?? (await this.#now(stream.view));
      rendered.set(filter, moment);
      send(stream, moment);
    }
  }
}

/** What cannot be sent now is not kept: by the time it can be, there is something newer. */
function send(stream: Stream, { at, sections }: Moment): void {
  const { response, sent, sentAt } = stream;
  if (response.destroyed) return;
  if (response.writableNeedDrain) {
    if (sentAt > 0 && at - sentAt > STALLED_AFTER_MS) response.destroy();
    return;
  }
  const changed = changedSections(sent, sections);
  if (Object.keys(changed).length > 0) {
    response.write(`event: sections\ndata: ${JSON.stringify({ at, sections: changed })}\n\n`);
  } else if (at - sentAt >= BEAT_EVERY_MS) response.write(`event: beat\ndata: ${at}\n\n`);
  else return;
  stream.sent = sections;
  stream.sentAt = at;
}
