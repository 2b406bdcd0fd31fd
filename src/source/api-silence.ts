import type http from 'node:http';
import { explain } from '../model/error.ts';
import type { ApiTimeouts } from './api-client.ts';

/** An answer that has begun and does not go on. */
export class ApiSilence extends Error {}

/** A server that neither goes on with an answer nor answers another request. */
export class ApiLost extends Error {}

/** A time limit that moves on from phase to phase. */
export class Deadline {
  #timer: NodeJS.Timeout | undefined;

  arm(ms: number, onLate: () => void): void {
    this.clear();
    this.#timer = setTimeout(onLate, ms);
  }

  clear(): void {
    clearTimeout(this.#timer);
  }
}

/** libuv asks ten times, a second apart, before it gives a connection up (uv__tcp_keepalive). */
const PROBING_MS = 10_000;

/** Breaks a request that finds no connection, or no answer, in time. */
export function limitPhases(request: http.ClientRequest, deadline: Deadline, timeouts: ApiTimeouts): void {
  const { connectMs, headersMs, lostMs } = timeouts;
  const limit = (ms: number, what: string) =>
    deadline.arm(ms, () => void request.destroy(new Error(`${what} within ${ms} ms`)));
  const connected = () => limit(headersMs, 'no answer');
  limit(connectMs, 'no connection');
  request.once('socket', (socket) => {
    // A peer that vanished without a word is found by TCP itself, whatever HTTP is waiting for.
    socket.setKeepAlive(true, Math.max(1000, lostMs - PROBING_MS));
    if (!socket.connecting) connected();
    else socket.once('connect', connected);
  });
}

/** What to do about a silence that may be one for ever. */
export interface Doubt {
  /** The silence that it takes. */
  readonly afterMs: number;
  /** Rejects where the server turns out not to be there any more. */
  readonly prove: () => Promise<void>;
}

/**
 * The body of an answer as it comes. It breaks with an ApiSilence after a silence of `silenceMs` and with an
 * ApiLost where a doubt about a shorter one proves right. What does not say anything breaks no silence.
 */
export async function* chunksOf(
  response: http.IncomingMessage,
  silenceMs: () => number,
  doubt: Doubt | undefined,
  says: (chunk: Uint8Array) => boolean,
): AsyncGenerator<Uint8Array> {
  const silence = new Silence(silenceMs, doubt, (error) => void response.destroy(error));
  try {
    silence.broken();
    for await (const chunk of response) {
      if (says(chunk as Uint8Array)) silence.broken();
      yield chunk as Uint8Array;
    }
  } finally {
    silence.over();
  }
}

class Silence {
  readonly #silenceMs: () => number;
  readonly #doubt: Doubt | undefined;
  readonly #onLost: (error: Error) => void;
  readonly #deadline = new Deadline();
  #lastedMs = 0;
  /** Another one whenever something has come: what was asked before is of no interest any more. */
  #round = 0;

  constructor(silenceMs: () => number, doubt: Doubt | undefined, onLost: (error: Error) => void) {
    this.#silenceMs = silenceMs;
    this.#doubt = doubt;
    this.#onLost = onLost;
  }

  broken(): void {
    this.#round += 1;
    this.#lastedMs = 0;
    this.#wait();
  }

  over(): void {
    this.#round += 1;
    this.#deadline.clear();
  }

  #wait(): void {
    const leftMs = this.#silenceMs() - this.#lastedMs;
    const ms = Math.min(leftMs, this.#doubt?.afterMs ?? leftMs);
    this.#deadline.arm(ms, () => void this.#late(ms));
  }

  async #late(ms: number): Promise<void> {
    const round = this.#round;
    this.#lastedMs += ms;
    if (this.#lastedMs >= this.#silenceMs()) {
      this.#onLost(new ApiSilence(`no data within ${this.#lastedMs} ms`));
      return;
    }
    const lost = await this.#doubt?.prove().then(() => undefined, explain);
    if (round !== this.#round) return;
    if (lost === undefined) this.#wait();
    else this.#onLost(new ApiLost(`no data within ${this.#lastedMs} ms, and no answer to another request: ${lost}`));
  }
}
