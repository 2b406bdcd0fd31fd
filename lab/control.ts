import { mkdirSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { LabError } from './error.ts';
import type { Lab } from './lab.ts';
import { CHECKOUT } from './machine/place.ts';

/** What another terminal asks of the process that owns the lab. */
export type Order =
  | { readonly op: 'exec'; readonly node: string; readonly argv: readonly string[] }
  | { readonly op: 'log' | 'start' | 'kill'; readonly node: string }
  | { readonly op: 'down' };

export interface Reply {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

const EXEC_TIMEOUT_MS = 600_000;

/** One lab for each checkout. Relative to it: the path of a socket may have 107 characters only. */
const SOCKET = '.cache/lab/control.sock';

/** The process that owns the lab, as other terminals reach it. */
export class Owner {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /**
   * Takes the place of the owner.
   * @throws {LabError} when a lab of this checkout is up already
   */
  static async claim(): Promise<Owner> {
    process.chdir(CHECKOUT);
    const other = await reach();
    other?.destroy();
    if (other) throw new LabError('a lab is up already; `npm run lab -- down` ends it');
    mkdirSync(dirname(SOCKET), { recursive: true });
    rmSync(SOCKET, { force: true });
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((settle, fail) => server.once('error', fail).listen(SOCKET, settle));
    return new Owner(server);
  }

  /** Serves the lab until an order or `interrupted` ends it, or it ends by itself. */
  async serve(lab: Lab, interrupted: Promise<void>): Promise<void> {
    const asked = new Promise<void>((settle) => {
      this.#server.on('connection', (socket) => void answer(lab, socket, settle));
    });
    await Promise.race([asked, interrupted, lab.ended]);
    await lab.down();
  }

  /** Gives the place up. */
  release(): void {
    this.#server.close();
  }
}

async function answer(lab: Lab, socket: Socket, down: () => void): Promise<void> {
  // A connection that asks for nothing only looks whether anybody is there.
  const asked = await text(socket).catch(() => '');
  if (asked === '') return void socket.destroy();
  const order = JSON.parse(asked) as Order;
  const reply = await perform(lab, order).catch((error: unknown): Reply => ({
    exitCode: 1,
    stdout: '',
    stderr: `lab: ${error instanceof LabError ? error.message : String(error)}\n`,
  }));
  socket.end(JSON.stringify(reply), () => order.op === 'down' && down());
}

async function perform(lab: Lab, order: Order): Promise<Reply> {
  const done = { exitCode: 0, stdout: '', stderr: '' };
  switch (order.op) {
    case 'exec': {
      const { exitCode, signal, stdout, stderr } = await lab.exec(order.node, order.argv, {
        timeoutMs: EXEC_TIMEOUT_MS,
      });
      return {
        exitCode: exitCode ?? 128,
        stdout,
        stderr: signal === undefined ? stderr : `${stderr}killed by ${signal}\n`,
      };
    }
    case 'log':
      return { ...done, stdout: await lab.log(order.node) };
    case 'start':
      await lab.start(order.node);
      return done;
    case 'kill':
      await lab.kill(order.node);
      return done;
    case 'down':
      return done;
  }
}

/**
 * Has the owner of the running lab do something, and returns what came of it.
 * @throws {LabError} when no lab is up
 */
export async function request(order: Order): Promise<Reply> {
  process.chdir(CHECKOUT);
  const socket = await reach();
  if (!socket) throw new LabError('no lab is up; `npm run lab -- up` builds one');
  socket.end(JSON.stringify(order));
  return JSON.parse(await text(socket)) as Reply;
}

function reach(): Promise<Socket | undefined> {
  return new Promise((settle) => {
    const socket = connect({ path: SOCKET, allowHalfOpen: true });
    socket.once('connect', () => settle(socket)).once('error', () => settle(undefined));
  });
}
