import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Logger } from 'pino';
import type { DeadmanConfig } from '../config/config.ts';
import { dueAt, type Order, step, type Watch, type WatchEvent } from './deadman.ts';
import { GOODBYE } from './signs.ts';

type Log = Pick<Logger, 'info' | 'warn'>;

/** Holds the dead man's socket: hears the agent, and gives orders when it falls silent. */
export class Watchman {
  #config: DeadmanConfig;
  readonly #log: Log;
  readonly #onOrder: (order: Order) => void;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  #watch: Watch;
  #timer: NodeJS.Timeout | undefined;
  #count = 0;

  private constructor(config: DeadmanConfig, log: Log, onOrder: (order: Order) => void) {
    this.#config = config;
    this.#log = log;
    this.#onOrder = onOrder;
    this.#server = createServer((socket) => this.#listenTo(socket));
  }

  /** Rejects where the socket, which must not be there yet, cannot be bound. */
  static async post(config: DeadmanConfig, log: Log, onOrder: (order: Order) => void): Promise<Watchman> {
    const watchman = new Watchman(config, log, onOrder);
    await once(watchman.#server.listen(config.socket), 'listening');
    return watchman;
  }

  /** What the agent's silence asks for at the moment. */
  get order(): Order | undefined {
    return this.#watch?.done;
  }

  /** Gives other graces from now on, to a silence of now as well. */
  follow(config: DeadmanConfig): void {
    this.#config = config;
    this.#setTimer();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#server.close();
    for (const socket of this.#connections) socket.removeAllListeners('close').destroy();
  }

  #listenTo(socket: Socket): void {
    const connection = ++this.#count;
    this.#connections.add(socket);
    socket.on('data', (bytes) => {
      const bye = bytes.includes(GOODBYE);
      this.#advance(bye ? { kind: 'goodbye', connection } : { kind: 'beat', connection, at: performance.now() });
    });
    // What follows an error is `close`.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#connections.delete(socket);
      this.#advance({ kind: 'closed', connection });
    });
  }

  #advance(event: WatchEvent): void {
    const before = this.#watch;
    const { order, watch } = step(before, event, this.#config);
    this.#watch = watch;
    this.#report(before, watch);
    this.#setTimer();
    if (order) this.#onOrder(order);
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    const due = dueAt(this.#watch, this.#config);
    if (due === undefined) return;
    const now = performance.now();
    const wakeAt = Math.max(due, now);
    // What has come in since is heard first: this process may have been kept from it itself.
    const wake = (): void => void setImmediate(() => this.#wake(wakeAt));
    this.#timer = setTimeout(wake, wakeAt - now);
  }

  /** Only the last timer counts: a beat that was heard before this has set another. */
  #wake(wakeAt: number): void {
    const at = performance.now();
    this.#advance({ kind: 'due', at, late: at - wakeAt });
  }

  #report(before: Watch, now: Watch): void {
    const event = eventOf(now);
    if (event === eventOf(before)) return;
    const { level, text } = TELLS[event];
    this.#log[level]({ event }, text);
  }
}

function eventOf(watch: Watch): keyof typeof TELLS {
  if (watch === undefined) return 'agent-withdrew';
  if (watch.agent === 'gone') return 'agent-gone';
  return watch.done === undefined ? 'agent-beats' : 'agent-silent';
}

const TELLS = {
  'agent-withdrew': { level: 'info', text: 'the agent has withdrawn everything by itself: nobody is left to watch' },
  'agent-gone': {
    level: 'warn',
    text: 'the agent is gone without a goodbye; its paths stay for the time of the grace',
  },
  'agent-beats': { level: 'info', text: 'the agent beats' },
  'agent-silent': { level: 'warn', text: 'the agent is there and does not beat' },
} as const;
