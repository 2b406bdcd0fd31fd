import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { LabError } from '../error.ts';
import type { Call, Exit, Message, Ready, Request } from '../guest/protocol.ts';

/** What a spawned process tells about itself. */
export interface ProcessEvents {
  onLine?: (line: string) => void;
  onExit?: (exit: Exit) => void;
}

const ACKNOWLEDGE_AFTER = 32_000;

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Requests and answers over the line to the guest, any number of them under way at once. */
export class Channel {
  readonly ready: Promise<Ready>;
  readonly #requests: Writable;
  readonly #answers: Readable;
  readonly #pending = new Map<number, Pending>();
  readonly #events = new Map<number, ProcessEvents>();
  readonly #greeting = Promise.withResolvers<Ready>();
  #closed: Error | undefined;
  #lastId = 0;
  #received = 0;
  #acknowledged = 0;

  constructor(requests: Writable, answers: Readable) {
    this.#requests = requests;
    this.#answers = answers;
    this.ready = this.#greeting.promise;
    // Nobody may be waiting for it any more when the machine dies.
    this.ready.catch(() => undefined);
    for (const stream of [requests, answers]) stream.on('error', () => undefined);
    answers.on('data', (chunk: Buffer) => this.#acknowledge(chunk.length));
    createInterface({ input: answers }).on('line', (line) => this.#receive(line));
  }

  /**
   * Sends a request and returns its result.
   * @throws {LabError} when the guest refuses it, or the machine is gone before it has answered
   */
  request(request: Call, events?: ProcessEvents): Promise<unknown> {
    return this.open(request, events).result;
  }

  /** As `request`, with the id by which later requests name the process that this one spawns. */
  open(request: Call, events?: ProcessEvents): { id: number; result: Promise<unknown> } {
    const id = ++this.#lastId;
    const { promise: result, ...pending } = Promise.withResolvers<unknown>();
    if (this.#closed) return { id, result: Promise.reject(this.#closed) };
    this.#pending.set(id, pending);
    if (events) this.#events.set(id, events);
    this.#send(id, request);
    return { id, result };
  }

  /** Fails everything under way and everything to come. Processes count as ended without an exit code. */
  close(error: Error): void {
    if (this.#closed) return;
    this.#closed = error;
    this.#greeting.reject(error);
    for (const { reject } of this.#pending.values()) reject(error);
    for (const { onExit } of this.#events.values()) onExit?.({ exitCode: undefined, signal: undefined });
    this.#pending.clear();
    this.#events.clear();
    this.#requests.destroy();
    this.#answers.destroy();
  }

  #send(id: number, request: Request): void {
    this.#requests.write(`${JSON.stringify({ id, ...request })}\n`);
  }

  /** The guest sends no more than a window ahead of what it knows to be read: see lab/guest/output.ts. */
  #acknowledge(bytes: number): void {
    this.#received += bytes;
    if (this.#received - this.#acknowledged < ACKNOWLEDGE_AFTER) return;
    this.#acknowledged = this.#received;
    this.#send(0, { op: 'received', bytes: this.#received });
  }

  #receive(line: string): void {
    const message = parse(line);
    if (message === undefined) return;
    if ('ready' in message) return this.#greeting.resolve(message.ready);
    if ('line' in message) return this.#events.get(message.id)?.onLine?.(message.line);
    if ('exit' in message) return this.#exited(message.id, message.exit);
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if ('error' in message) pending?.reject(new LabError(`the lab machine: ${message.error}`));
    else pending?.resolve(message.result);
  }

  #exited(id: number, exit: Exit): void {
    const events = this.#events.get(id);
    this.#events.delete(id);
    events?.onExit?.(exit);
  }
}

/** What is no message is noise of a starting kernel on the line. */
function parse(line: string): Message | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Message;
  } catch {
    return undefined;
  }
}
