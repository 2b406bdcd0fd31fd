import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { execa } from 'execa';

/** A host of the rig: a network namespace of its own, and a /run of its own for what daemons keep there. */
export class Host {
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  /**
   * @param wrap what to put in front of the command that makes it, as one that enters the namespaces it is to be part of
   * @param commands what to set up in it
   */
  static async create(wrap: readonly string[], unshare: readonly string[], commands: readonly string[]): Promise<Host> {
    // `cat` holds the namespace until its input ends, which it does when this process goes.
    const script = ['mount -t tmpfs tmpfs /run', 'ip link set lo up', ...commands, 'echo ready', 'exec cat'];
    const [file, ...args] = [...wrap, 'unshare', '--net', '--mount', ...unshare, 'sh', '-c', script.join(' && ')];
    const holder = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const [output] = (await Promise.race([once(holder.stdout, 'data'), once(holder, 'exit')])) as [unknown];
    if (String(output) !== 'ready\n')
      throw new Error(`expected a namespace of our own from unshare, got ${String(output)}`);
    return new Host(holder);
  }

  get pid(): number {
    return this.#holder.pid ?? 0;
  }

  /** What runs a command inside. */
  get enter(): readonly string[] {
    const namespaces = ['--user', '--net', '--mount', '--preserve-credentials'];
    return ['nsenter', '--target', String(this.pid), ...namespaces];
  }

  /** A process inside, which ends with this one at the latest. */
  spawn(argv: readonly string[], stdio: 'ignore' | ['ignore', 'pipe', 'inherit'] = 'ignore'): ChildProcess {
    const [file = '', ...args] = [...this.enter, 'setpriv', '--pdeathsig', 'KILL', ...argv];
    return spawn(file, args, { stdio });
  }

  /** Runs a command inside and returns its stdout. @throws where it exits with anything but 0 */
  async run(...argv: readonly string[]): Promise<string> {
    const [file = '', ...args] = [...this.enter, ...argv];
    const { stdout } = await execa(file, args, { timeout: 20_000 });
    return stdout;
  }

  /** As `run`, for a command that says by its exit code that it has nothing to show. */
  async ask(...argv: readonly string[]): Promise<string> {
    const [file = '', ...args] = [...this.enter, ...argv];
    const { stdout } = await execa(file, args, { timeout: 20_000, reject: false });
    return stdout ?? '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return;
    const exit = once(this.#holder, 'exit');
    this.#holder.stdin?.end();
    await exit;
  }
}

/** Hosts on one bridge, which has a namespace of its own: a host that is cut off sees its link up, as behind a switch. */
export class Lan {
  readonly #bridge: Host;
  readonly #hosts: Host[] = [];

  private constructor(bridge: Host) {
    this.#bridge = bridge;
  }

  static async create(): Promise<Lan> {
    const commands = ['ip link add name bridge type bridge', 'ip link set bridge up'];
    return new Lan(await Host.create([], ['--map-root-user'], commands));
  }

  /** A host on the bridge, as `eth0` with these addresses (`10.22.108.1/24`). */
  async join(name: string, addresses: readonly string[]): Promise<Host> {
    const host = await Host.create(this.#bridge.enter, [], []);
    this.#hosts.push(host);
    const bridge = (...argv: string[]): Promise<string> => this.#bridge.run('ip', 'link', ...argv);
    await bridge('add', 'name', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(host.pid));
    await bridge('set', 'dev', name, 'master', 'bridge', 'up');
    // Without duplicate address detection, which keeps an IPv6 address back for a second; and what the host sends comes
    // from the first address of a family, where IPv6 would take the last.
    const firstIPv6 = addresses.find((address) => address.includes(':'));
    const optionsOf = (address: string): string =>
      address.includes(':') ? `nodad ${address === firstIPv6 ? '' : 'preferred_lft 0'}` : '';
    const add = (address: string): string => `ip address add ${address} dev eth0 ${optionsOf(address)}`;
    await host.run('sh', '-c', ['ip link set eth0 up', ...addresses.map(add)].join(' && '));
    return host;
  }

  /** Lets the packets of a host get lost without a word to anybody. */
  cut(name: string): Promise<unknown> {
    return this.#bridge.run('ip', 'link', 'set', 'dev', name, 'nomaster');
  }

  mend(name: string): Promise<unknown> {
    return this.#bridge.run('ip', 'link', 'set', 'dev', name, 'master', 'bridge');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host[Symbol.asyncDispose]()));
    await this.#bridge[Symbol.asyncDispose]();
  }
}
