import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A process that answers each line it is given with a line, and says one by itself once it is ready. */
export class Answerer {
  readonly #child: ChildProcess;
  readonly #waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  readonly #ready: Promise<string>;
  readonly #exited: Promise<void>;
  #said = '';

  /** @param options for Node, before the script */
  constructor(argv: readonly string[], options: readonly string[] = []) {
    // Its stderr is the last thing it says.
    this.#child = spawn(process.execPath, [...options, ...argv], { stdio: ['pipe', 'pipe', 'pipe'] });
    const { stderr, stdout } = this.#child;
    stderr?.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    if (stdout) createInterface({ input: stdout }).on('line', (line) => this.#waiting.shift()?.resolve(line));
    this.#exited = new Promise((resolve) => {
      this.#child.on('exit', () => {
        const why = new Error(`${argv[0]} has ended: ${this.#said.slice(-2000)}`);
        for (const { reject } of this.#waiting.splice(0)) reject(why);
        resolve();
      });
    });
    this.#ready = this.#next();
  }

  /** What it says once it is ready. */
  get ready(): Promise<string> {
    return this.#ready;
  }

  /** Gives it an order. Orders are answered in turn. */
  async ask(order: object): Promise<string> {
    await this.#ready;
    const answer = this.#next();
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
    return await answer;
  }

  /** Resolves once the process is gone. */
  async end(): Promise<void> {
    this.#child.stdin?.end();
    const late = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS);
    await this.#exited;
    clearTimeout(late);
  }

  #next(): Promise<string> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }
}

const PATIENCE_MS = 5000;
