import type { Exit } from './guest/protocol.ts';
import type { Channel } from './machine/channel.ts';

/** A long-lived process in the lab. */
export class LabProcess {
  /** Resolves once it has ended. Both fields are undefined where the machine ended with it. */
  readonly exited: Promise<Exit>;
  readonly #channel: Channel;
  readonly #id: number;

  constructor(channel: Channel, id: number, exited: Promise<Exit>) {
    this.#channel = channel;
    this.#id = id;
    this.exited = exited;
  }

  /** Sends a signal, SIGKILL where none is named, and waits for the end of the process where it is one to end it. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#channel.request({ op: 'signal', process: this.#id, signal });
    if (['SIGKILL', 'SIGTERM', 'SIGINT'].includes(signal)) await this.exited;
  }

  /** Writes a line to its stdin. */
  async write(line: string): Promise<void> {
    await this.#channel.request({ op: 'input', process: this.#id, text: `${line}\n` });
  }
}

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each line of its stdout and stderr. */
  readonly onLine?: (line: string) => void;
  /** A file in the machine that takes its output instead. */
  readonly log?: string;
}

/** Starts a process in the machine. */
export async function spawnProcess(
  channel: Channel,
  argv: readonly string[],
  options: SpawnOptions,
): Promise<LabProcess> {
  const { promise: exited, resolve: onExit } = Promise.withResolvers<Exit>();
  const events = { onExit, ...(options.onLine && { onLine: options.onLine }) };
  const { id, result } = channel.open({ op: 'spawn', argv, env: options.env ?? {}, log: options.log }, events);
  await result;
  return new LabProcess(channel, id, exited);
}
