import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { FairleadError } from '../model/error.ts';

/** After SIGTERM gobgpd tells its peers and ends; one that has not done so by then is killed. */
const STOP_MS = 5000;

/** The gobgpd of this process: a child of it, which the kernel ends with it whatever happens. */
export class GobgpdProcess {
  /**
   * Resolves with the exit code when it has ended, 128 and the number of the signal where one ended it. Rejects with
   * `command-failed` where it could not be started.
   */
  readonly ended: Promise<number>;
  readonly #child: ChildProcess;

  /**
   * Starts it with its API on `target` and nowhere else, and without the port for profiles. What it says goes where this
   * process says things.
   */
  constructor(target: string) {
    // Node has no prctl(PR_SET_PDEATHSIG), which setpriv has. It becomes gobgpd and is no process of its own.
    const argv = ['--pdeathsig', 'KILL', 'gobgpd', '--api-hosts', target, '--pprof-disable'];
    this.#child = spawn('setpriv', argv, { stdio: ['ignore', 'inherit', 'inherit'] });
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
      this.#child.once('error', (cause) =>
        reject(new FairleadError('command-failed', 'setpriv, which starts gobgpd, cannot be started', { cause })),
      );
    });
  }

  /** Lets it take leave of its peers, in a bounded time. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.kill(), STOP_MS);
    this.#child.kill('SIGTERM');
    await this.ended;
    clearTimeout(timer);
  }

  /** Ends it at once, and with it its sessions: that works on one that answers nothing as well. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
