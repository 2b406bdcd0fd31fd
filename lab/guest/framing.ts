/**
 * Messages over a serial line whose buffers must never fill up: a User Mode Linux console of which either end is full
 * can stand still for good. A message travels as one or more short lines of ASCII, and no more of them are on their
 * way than the other end has room for.
 *
 *     +TEXT   a part of a message, more follows
 *     =TEXT   the last part
 *     #COUNT  so many bytes of parts have been read since the start
 */
export interface Room {
  /** The bytes that may be on their way to the other end, unread. */
  readonly window: number;
  /** The bytes of one part, a small fraction of the window. */
  readonly part: number;
}

/** A tty holds 4096 bytes that nobody has read yet; a socket some 200,000. */
export const TO_GUEST: Room = { window: 3000, part: 1000 };
export const TO_HOST: Room = { window: 96_000, part: 16_000 };

/** One end of the line. */
export class Framing<In, Out> {
  readonly #room: Room;
  readonly #acknowledgeAfter: number;
  readonly #write: (line: string) => void;
  readonly #onMessage: (message: In) => void;
  #waiting: string[] = [];
  #parts: string[] = [];
  #sent = 0;
  #confirmed = 0;
  #received = 0;
  #acknowledged = 0;

  /** `outward` is the room at the other end, `inward` that at this one. `write` gets whole lines. */
  constructor(outward: Room, inward: Room, write: (line: string) => void, onMessage: (message: In) => void) {
    this.#room = outward;
    this.#acknowledgeAfter = inward.window / 3;
    this.#write = write;
    this.#onMessage = onMessage;
  }

  /** Sends a message, as soon as there is room for it; messages keep their order. */
  send(message: Out): void {
    const text = toAscii(JSON.stringify(message));
    for (let start = 0; start < text.length; start += this.#room.part) {
      const part = text.slice(start, start + this.#room.part);
      this.#waiting.push(`${start + part.length < text.length ? '+' : '='}${part}\n`);
    }
    this.#flush();
  }

  /** Takes a line, without its end. What is none of ours is the noise of a starting kernel. */
  receive(line: string): void {
    if (line.startsWith('#')) this.#confirm(Number(line.slice(1)));
    else if (line.startsWith('+') || line.startsWith('=')) this.#take(line);
  }

  #take(line: string): void {
    this.#received += line.length + 1;
    if (this.#received - this.#acknowledged >= this.#acknowledgeAfter) {
      this.#acknowledged = this.#received;
      this.#write(`#${this.#received}\n`);
    }
    this.#parts.push(line.slice(1));
    if (line.startsWith('+')) return;
    const text = this.#parts.join('');
    this.#parts = [];
    this.#onMessage(JSON.parse(text) as In);
  }

  #confirm(count: number): void {
    this.#confirmed = count;
    this.#flush();
  }

  #flush(): void {
    let next = 0;
    for (; next < this.#waiting.length && this.#sent - this.#confirmed < this.#room.window - this.#room.part; next++) {
      const line = this.#waiting[next] ?? '';
      this.#sent += line.length;
      this.#write(line);
    }
    this.#waiting = this.#waiting.slice(next);
  }
}

/** JSON text in which every character is one byte, so that it can be cut anywhere. */
const toAscii = (json: string): string =>
  json.replaceAll(/[\u007F-\uFFFF]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
