import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { LabError } from '../error.ts';
import { Framing, TO_GUEST, TO_HOST } from '../guest/framing.ts';
import type { Exit, Message, Ready, Request } from '../guest/protocol.ts';

/** What a spawned process tells about itself. */
export interface ProcessEvents {
  onLine?: (line: string) => void;
  onExit?: (exit: Exit) => void;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Requests and answers over the line to the guest, any number of them under way at once. */
export class Channel {
  readonly ready: Promise<Ready>;
  readonly #requests: Writable;
  readonly #answers: Readable;
  readonly #line: Framing<Message, Request & { id: number }>;
  readonly #pending = new Map<number, Pending>();
  readonly #events = new Map<number, ProcessEvents>();
  readonly #greeting = Promise.withResolvers<Ready>();
  #closed: Error | undefined;
  #lastId = 0;

  constructor(requests: Writable, answers: Readable) {
    this.#requests = requests;
    this.#answers = answers;
    this.ready = this.#greeting.promise;
    // Nobody may be waiting for it any more when the machine dies.
    this.ready.catch(() => undefined);
    this.#line = new Framing(
      TO_GUEST,
      TO_HOST,
      (line) => requests.write(line),
      (message: Message) => this.#receive(message),
    );
    createInterface({ input: answers })
      .on('line', (line) => this.#line.receive(line))
      // The stream's errors come here too; the end of the machine tells the same.
      .on('error', () => undefined);
  }

  /**
   * Sends a request and returns its result.
   * @throws {LabError} when the guest refuses it, or the machine is gone before it has answered
   */
  request(request: Request, events?: ProcessEvents): Promise<unknown> {
    return this.open(request, events).result;
  }

  /** As `request`, with the id by which later requests name the process that this one spawns. */
  open(request: Request, events?: ProcessEvents): { id: number; result: Promise<unknown> } {
    const id = ++this.#lastId;
    const { promise: result, ...pending } = Promise.withResolvers<unknown>();
    if (this.#closed) return { id, result: Promise.reject(this.#closed) };
    this.#pending.set(id, pending);
    if (events) this.#events.set(id, events);
    this.#line.send({ id, ...request });
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

  #receive(message: Message): void {
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
