import { type ChildProcess, execFile, spawn } from 'node:child_process';
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

  /** @param flags what `closedFlags` gives */
  constructor(target: string, flags: readonly string[]) {
    // Node has no prctl(PR_SET_PDEATHSIG), which setpriv has. It becomes gobgpd and is no process of its own.
    const argv = ['--pdeathsig', 'KILL', 'gobgpd', '--api-hosts', target, ...flags];
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

/**
 * The flags with which this machine's gobgpd listens for nothing but its API. Port 6060 of loopback, which is the node's
 * own in a pod on the host's network, is for profiles in each version, and for metrics as well in later ones: those keep
 * it open until both are off. The earlier ones, as 3.10, do not start with a flag they do not know, so they are asked.
 * Rejects with `command-failed` where there is no gobgpd.
 */
export async function closedFlags(): Promise<string[]> {
  const help = await helpText();
  return ['--pprof-disable', ...(help.includes('--metrics-path') ? ['--metrics-path='] : [])];
}

/** 3.x ends with an error behind its help, 4.x does not. */
const helpText = (): Promise<string> =>
  new Promise((resolve, reject) => {
    execFile('gobgpd', ['--help'], (error, stdout, stderr) => {
      if (error === null || typeof error.code === 'number') resolve(stdout + stderr);
      else reject(new FairleadError('command-failed', 'gobgpd cannot be started', { cause: error }));
    });
  });
