import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * A network namespace of its own with some addresses on its loopback, where gobgpd may take port 179, and a /run of its
 * own, since what fairlead keeps there is the machine's. A session between addresses of 127.0.0.0/8 comes up as well, but
 * gobgpd 3.10 drops each path with such a next hop without a word.
 */
export class Network {
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  /**
   * @param ours the address that connections to the others come from
   * @param ipv6 addresses that are there beside
   */
  static async create(ours: string, others: readonly string[], ipv6: readonly string[] = []): Promise<Network> {
    const commands = [
      'mount -t tmpfs tmpfs /run',
      'ip link set lo up',
      ...[ours, ...others].map((address) => `ip address add ${address}/32 dev lo`),
      ...ipv6.map((address) => `ip address add ${address}/128 dev lo`),
      ...others.map((address) => `ip route replace local ${address} dev lo table local src ${ours}`),
    ];
    // `cat` holds the namespace until its input ends, which it does when this process goes.
    const script = [...commands, 'echo ready', 'exec cat'].join(' && ');
    const holder = spawn('unshare', ['--map-root-user', '--net', '--mount', 'sh', '-c', script], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const [output] = (await Promise.race([once(holder.stdout, 'data'), once(holder, 'exit')])) as [unknown];
    if (String(output) !== 'ready\n')
      throw new Error(`expected a namespace of our own from unshare, got ${String(output)}`);
    return new Network(holder);
  }

  /** A process inside, which ends with this one at the latest. */
  spawn(argv: readonly string[], stdio: 'ignore' | ['ignore', 'pipe', 'inherit'] = 'ignore'): ChildProcess {
    const enter = ['--target', String(this.#holder.pid), '--user', '--net', '--mount', '--preserve-credentials'];
    return spawn('nsenter', [...enter, 'setpriv', '--pdeathsig', 'KILL', ...argv], { stdio });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return;
    const exit = once(this.#holder, 'exit');
    this.#holder.stdin?.end();
    await exit;
  }
}
