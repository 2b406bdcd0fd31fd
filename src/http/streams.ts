import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Status } from '../model/status.ts';
import { changedSections, type Sections, sectionsOf, type View, viewOf } from './page/page.ts';

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
  sentAt: number;
}

/**
 * The pages that are open, each with a stream of server-sent events (WHATWG HTML, section 9.2): `sections`, with the markup of
 * what has changed, and `beat`, when nothing has. It lasts as long as the process, whichever agent is in service.
 * While nobody looks, it does nothing.
 */
export class Streams {
  readonly #status: () => Status;
  readonly #open = new Set<Stream>();
  #timer: NodeJS.Timeout | undefined;

  constructor(status: () => Status) {
    this.#status = status;
  }

  /** Answers `GET /events`: with all there is, and then for as long as the other end listens. */
  answer(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
    // Another site may not read the stream, and might hold all of them open.
    if (!['same-origin', 'none', undefined].includes(request.headers['sec-fetch-site']?.toString())) {
      response.writeHead(403, { 'content-type': 'text/plain' }).end('the stream is for the page of this agent alone\n');
      return;
    }
    if (this.#open.size >= MOST_STREAMS) {
      const headers = { 'content-type': 'text/plain', 'retry-after': '10' };
      response.writeHead(503, headers).end(`${MOST_STREAMS} pages of this agent are open, and no more are served\n`);
      return;
    }
    const status = this.#status();
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    const stream: Stream = { response, view: viewOf(query), sent: {}, sentAt: status.at };
    this.#open.add(stream);
    response.on('close', () => this.#closed(stream));
    response.write('retry: 2000\n\n');
    send(stream, status.at, sectionsOf(status, stream.view));
    this.#timer ??= setInterval(() => this.#round(), EVERY_MS);
  }

  #closed(stream: Stream): void {
    this.#open.delete(stream);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Whoever looks at the agent is not to be able to end it: a page that cannot be rendered tells why when it is opened anew. */
  #round(): void {
    try {
      this.#sendAll();
    } catch {
      for (const { response } of this.#open) response.destroy();
    }
  }

  /** Pages that look at the same are rendered once. */
  #sendAll(): void {
    const status = this.#status();
    const rendered = new Map<string, Sections>();
    for (const stream of this.#open) {
      const { filter } = stream.view;
      const sections = rendered.get(filter) ?? sectionsOf(status, stream.view);
      rendered.set(filter, sections);
      send(stream, status.at, sections);
    }
  }
}

/** What cannot be sent now is not kept: by the time it can be, there is something newer. */
function send(stream: Stream, at: number, sections: Sections): void {
  const { response, sent, sentAt } = stream;
  if (response.writableNeedDrain) {
    if (at - sentAt > STALLED_AFTER_MS) response.destroy();
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
