import { objectKey } from './decode.ts';
import { brief, isObject, type JsonObject, objectAt, textAt } from './json.ts';

/** One line of a watch stream. */
export type WatchEvent =
  | { readonly type: 'changed'; readonly key: string; readonly object: JsonObject; readonly resourceVersion: string }
  | { readonly type: 'deleted'; readonly key: string; readonly resourceVersion: string }
  /** Nothing has changed up to here: a version to resume from. `complete`: all that exists has been sent by now. */
  | { readonly type: 'bookmark'; readonly resourceVersion: string; readonly complete: boolean }
  /** What has happened since the version asked for is no longer known: everything has to be listed anew. */
  | { readonly type: 'expired'; readonly reason: string }
  | { readonly type: 'failed'; readonly reason: string; readonly retryAfterMs: number }
  /** Not what the API says it sends. Something may have been missed, so that only a new list helps. */
  | { readonly type: 'odd'; readonly reason: string };

/** Reads a line of a watch stream. Never throws. */
export function parseWatchLine(line: string): WatchEvent {
  const event = parseJson(line);
  if (!isObject(event) || !isObject(event['object'])) return odd(`a line that is no watch event: ${brief(line)}`);
  const { type, object } = event;
  if (type === 'ERROR') return errorEvent(object);
  const resourceVersion = textAt(objectAt(object, 'metadata'), 'resourceVersion') ?? '';
  if (resourceVersion === '') return odd(`an event of type ${brief(type)} without resourceVersion`);
  if (type === 'BOOKMARK') return { type: 'bookmark', resourceVersion, complete: endsInitialEvents(object) };
  return objectEvent(type, object, resourceVersion);
}

/** Cuts a stream of bytes into lines. Only whole lines become text: a chunk may end inside of a character. */
export class LineSplitter {
  #rest: Buffer[] = [];
  #restBytes = 0;
  readonly #maxBytes: number;

  constructor(maxBytes = 16 * 1024 * 1024) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that a chunk completes, without empty ones. Throws a RangeError where a line does not end. */
  push(chunk: Uint8Array): string[] {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const lines: string[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      const line = this.#complete(bytes, start, end);
      if (line !== '') lines.push(line);
      start = end + 1;
    }
    this.#keep(bytes.subarray(start));
    return lines;
  }

  /** Nearly all lines lie in one chunk, and are read where they lie. */
  #complete(bytes: Buffer, start: number, end: number): string {
    if (this.#restBytes === 0) return bytes.toString('utf8', start, end);
    const line = Buffer.concat([...this.#rest, bytes.subarray(start, end)]).toString('utf8');
    this.#rest = [];
    this.#restBytes = 0;
    return line;
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#restBytes += bytes.length;
    if (this.#restBytes > this.#maxBytes) throw new RangeError(`a line of more than ${this.#maxBytes} bytes`);
    this.#rest.push(bytes);
  }
}

const NEWLINE = 10;

const odd = (reason: string): WatchEvent => ({ type: 'odd', reason });

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

/** KEP-3157: the bookmark after the objects that a watch with sendInitialEvents begins with. */
const endsInitialEvents = (object: JsonObject): boolean =>
  objectAt(objectAt(object, 'metadata'), 'annotations')['k8s.io/initial-events-end'] === 'true';

function objectEvent(type: unknown, object: JsonObject, resourceVersion: string): WatchEvent {
  const key = objectKey(object);
  if (key === undefined) return odd(`an event of type ${brief(type)} without metadata.name`);
  if (type === 'DELETED') return { type: 'deleted', key, resourceVersion };
  if (type === 'ADDED' || type === 'MODIFIED') return { type: 'changed', key, object, resourceVersion };
  return odd(`an event of the unknown type ${brief(type)}`);
}

/** An ERROR event carries a metav1.Status. */
function errorEvent(status: JsonObject): WatchEvent {
  const { code, reason } = status;
  const message = textAt(status, 'message') ?? 'no message';
  if (code === 410 || reason === 'Expired' || reason === 'Gone') return { type: 'expired', reason: message };
  const seconds = Number(objectAt(status, 'details')['retryAfterSeconds'] ?? 0);
  return { type: 'failed', reason: `${brief(code)}: ${message}`, retryAfterMs: seconds > 0 ? seconds * 1000 : 0 };
}
