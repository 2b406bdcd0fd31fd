import { connect, type Socket } from 'node:net';
import { explain } from '../model/error.ts';
import { BEAT, GOODBYE } from '../sidecar/signs.ts';

/** Milliseconds. Five times in the shortest grace that the configuration takes. */
const BEAT_EVERY = 100;
/** The sidecar may be gone for this long, as after a restart of its container, before it counts as missing. */
const PATIENCE = 2000;
/** For the goodbye: a sidecar that does not listen does not keep the agent from ending. */
const GOODBYE_DEADLINE = 500;

/**
 * The agent's end of the dead man's switch. The timer is one of the main thread on purpose: a process that is stopped, and
 * a loop that a computation holds up, do not beat.
 */
export class Beat {
  readonly #path: string;
  readonly #turns: () => boolean;
  readonly #timer: NodeJS.Timeout;
  #socket: Socket | undefined;
  #takenAt = performance.now();
  #failure = 'no beat has been taken';

  /**
   * Begins to beat. Nobody needs to listen yet.
   *
   * @param path the dead man's socket
   * @param turns whether the agent's loop comes round: while it does not, the heart stands still
   */
  constructor(path: string, turns: () => boolean) {
    this.#path = path;
    this.#turns = turns;
    this.#timer = setInterval(() => this.#tick(), BEAT_EVERY);
    this.#tick();
  }

  /** Why nobody watches this agent; undefined while somebody does. */
  get problem(): string | undefined {
    if (performance.now() - this.#takenAt <= PATIENCE) return undefined;
    return `expected a sidecar that takes a beat on ${this.#path}, found none: ${this.#failure}`;
  }

  /** Tells the sidecar that nothing is announced any more, and stops to beat. */
  async goodbye(): Promise<void> {
    clearInterval(this.#timer);
    const socket = this.#socket;
    if (socket === undefined || socket.connecting || socket.destroyed) return;
    const said = new Promise<void>((resolve) => socket.end(Buffer.of(GOODBYE), resolve));
    await Promise.race([said, new Promise((resolve) => setTimeout(resolve, GOODBYE_DEADLINE))]);
  }

  /** Stops to beat, without a goodbye: the announcement is left to the graces of the switch. */
  stop(): void {
    clearInterval(this.#timer);
    this.#socket?.destroy();
  }

  #tick(): void {
    if (this.#socket === undefined) this.#connect();
    else if (!this.#socket.connecting) this.#beat(this.#socket);
  }

  #connect(): void {
    const socket = connect(this.#path);
    this.#socket = socket;
    socket.on('connect', () => this.#beat(socket));
    socket.on('error', (error) => (this.#failure = explain(error)));
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined;
    });
    // Nothing is said to the agent, but only a socket that is read tells of its end.
    socket.resume();
  }

  /** A beat that the last one still stands in the way of is left out: a sidecar that does not read would pile them up. */
  #beat(socket: Socket): void {
    if (!this.#turns()) this.#failure = 'the loop of this agent does not come round';
    else if (socket.writableLength > 0) this.#failure = 'it does not read what it is told';
    else socket.write(Buffer.of(BEAT), (error) => this.#taken(error));
  }

  #taken(error: Error | null | undefined): void {
    if (!error) this.#takenAt = performance.now();
  }
}
