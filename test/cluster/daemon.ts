import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** A program that runs until it is ended, and ends with this process at the latest. */
export class Daemon {
  readonly #argv: readonly string[];
  readonly #log: string;
  #child: ChildProcess | undefined;

  /** @param log the file for what it says, across its starts */
  constructor(argv: readonly string[], log: string) {
    this.#argv = argv;
    this.#log = log;
  }

  /**
   * Starts it, and resolves once `isReady` does with true.
   * @throws with what it said last, when it ends before
   */
  async start(isReady: () => Promise<boolean>): Promise<void> {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...this.#argv], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    const log = createWriteStream(this.#log, { flags: 'a' });
    for (const stream of [child.stdout, child.stderr]) stream.pipe(log, { end: false });
    child.once('close', () => log.end());
    while (!(await isReady())) {
      if (!this.runs) throw new Error(`${this.#argv[0]} has ended:\n${await this.#lastWords()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  get runs(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Undefined before its first start. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Ends it without giving it a chance; resolves once it is gone. */
  async kill(): Promise<void> {
    if (this.#child === undefined || !this.runs) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }

  /** From now on the kernel takes what is sent to it, and nobody answers. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  async #lastWords(): Promise<string> {
    return (await readFile(this.#log, 'utf8')).split('\n').slice(-30).join('\n');
  }
}
