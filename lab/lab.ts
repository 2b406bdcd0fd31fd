import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build, enter } from './build.ts';
import { LabError } from './error.ts';
import { findGobgpd, type GobgpdVersion } from './gobgpds.ts';
import type { ExecResult, Exit } from './guest/protocol.ts';
import type { Kind } from './machine/kind.ts';
import { type Machine, startMachine } from './machine/machine.ts';
import { CHECKOUT } from './machine/place.ts';
import { type NodePlan, planLab } from './plan.ts';
import { type LabProcess, spawnProcess, type SpawnOptions } from './process.ts';
import { expandVariables, parseTopology } from './topology.ts';

const TOPOLOGY = join(CHECKOUT, 'lab/fairlead.clab.yml');
const EXEC_TIMEOUT_MS = 30_000;

/** What can play the switch, and the image that the topology's TOR_IMAGE takes for it. */
const TOR_IMAGES = { frr: 'frrouting/frr:10.5.1', bird: 'pierky/bird:2.16' } as const;
export type TorKind = keyof typeof TOR_IMAGES;

export interface LabOptions {
  /** What to run on; without, what FAIRLEAD_LAB asks for, else the first that can run here. */
  readonly kind?: Kind;
  /** The nodes wanted, with the links between them; without, the whole topology. */
  readonly nodes?: readonly string[];
  /** The routing daemon of the tor; FRR where not said. */
  readonly tor?: TorKind;
  /** The gobgpd of the lb nodes: 4.x, which is what ships, where not said. */
  readonly gobgpd?: GobgpdVersion;
  /** Whether to start the nodes' processes; true where not said. */
  readonly start?: boolean;
  /** Called with a sentence before each part of the work that takes long. */
  readonly onProgress?: (text: string) => void;
}

export interface ExecOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** After this time the command and all it started are killed, and the call fails; 30 s where not said. */
  readonly timeoutMs?: number;
}

/** A running lab: the nodes of lab/fairlead.clab.yml, or some of them, in a machine of their own. */
export class Lab {
  /** What the lb nodes run: 3 as well where a 4.x was wanted and is not there. */
  readonly gobgpd: GobgpdVersion;
  readonly #machine: Machine;
  readonly #nodes: ReadonlyMap<string, NodePlan>;
  readonly #holders: ReadonlyMap<string, number>;
  readonly #processes = new Map<string, LabProcess>();

  private constructor(
    machine: Machine,
    gobgpd: GobgpdVersion,
    nodes: readonly NodePlan[],
    holders: ReadonlyMap<string, number>,
  ) {
    this.#machine = machine;
    this.gobgpd = gobgpd;
    this.#nodes = new Map(nodes.map((node) => [node.name, node]));
    this.#holders = holders;
  }

  /**
   * Boots a machine and builds the lab in it.
   * @throws {LabError} when the topology cannot be read or realised, or no machine can run here
   */
  static async up(options: LabOptions = {}): Promise<Lab> {
    const { kind, nodes, tor = 'frr', start = true, onProgress = () => undefined } = options;
    const text = expandVariables(readFileSync(TOPOLOGY, 'utf8'), { TOR_IMAGE: TOR_IMAGES[tor] });
    const plan = planLab(parseTopology(text, 'lab/fairlead.clab.yml'), {
      nodes,
      folder: dirname(TOPOLOGY),
      isFolder: (path) => statSync(path).isDirectory(),
    });
    const gobgpd = findGobgpd(options.gobgpd ?? '4');
    onProgress('booting the machine');
    const machine = await startMachine(gobgpd.folder, kind);
    try {
      onProgress(`building ${plan.nodes.length} nodes (${machine.kind}, kernel ${machine.guest.kernel})`);
      const lab = new Lab(machine, gobgpd.version, plan.nodes, await build(machine.channel, plan));
      const commanded = plan.nodes.filter(({ command }) => start && command.length > 0);
      if (commanded.length > 0) onProgress(`starting ${commanded.map(({ name }) => name).join(', ')}`);
      await Promise.all(commanded.map(({ name }) => lab.start(name)));
      return lab;
    } catch (error) {
      await machine.stop();
      throw error;
    }
  }

  /** native, uml or qemu. */
  get kind(): Kind {
    return this.#machine.kind;
  }

  /** The names of the nodes there are. */
  get nodes(): readonly string[] {
    return [...this.#nodes.keys()];
  }

  /** The process on the host that is the machine. */
  get pid(): number {
    return this.#machine.pid;
  }

  /** Resolves once the machine is gone, for whatever reason. */
  get ended(): Promise<void> {
    return this.#machine.ended;
  }

  /**
   * Runs a command in a node to its end. An exit code other than 0 is a result, not an error.
   * @throws {LabError} when it takes longer than its time, or the machine is gone
   */
  async exec(node: string, argv: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    const { input = '', env = {}, timeoutMs = EXEC_TIMEOUT_MS } = options;
    const request = {
      op: 'exec',
      argv: this.#inside(node, argv),
      input,
      env: { ...this.#plan(node).env, ...env },
      timeoutMs,
    } as const;
    const result = (await this.#machine.channel.request(request)) as ExecResult;
    if (!result.timedOut) return result;
    const said = `${result.stdout}${result.stderr}`.slice(-1000);
    throw new LabError(`${node}: \`${argv.join(' ')}\` was killed after ${timeoutMs} ms; it said: ${said}`);
  }

  /** Starts a long-lived command in a node. */
  spawn(node: string, argv: readonly string[], options: SpawnOptions = {}): Promise<LabProcess> {
    const env = { ...this.#plan(node).env, ...options.env };
    return spawnProcess(this.#machine.channel, this.#inside(node, argv), { ...options, env });
  }

  /** Starts the node's own process. Its output is appended to what `log` returns. */
  async start(node: string): Promise<void> {
    const { command } = this.#plan(node);
    if (command.length === 0) throw new LabError(`node ${node} has no process of its own`);
    if (this.running(node)) throw new LabError(`the process of node ${node} is running already`);
    const process = await this.spawn(node, command, { log: logPath(node) });
    this.#processes.set(node, process);
    void process.exited.then(() => this.#processes.delete(node));
  }

  /** Sends a signal to the node's own process, and waits for its end where the signal is one to end it. */
  async kill(node: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    await this.#processOf(node).kill(signal);
  }

  /** Resolves once the node's own process, as it runs now, has ended. */
  async exited(node: string): Promise<Exit> {
    return this.#processOf(node).exited;
  }

  /** Whether the node's own process runs. */
  running(node: string): boolean {
    return this.#processes.has(this.#plan(node).name);
  }

  /** What the node's own process has written to stdout and stderr, since the lab is up. */
  log(node: string): Promise<string> {
    return this.#read(logPath(this.#plan(node).name));
  }

  /** Reads a file as the node sees it. */
  readFile(node: string, path: string): Promise<string> {
    return this.#read(this.#pathOf(node, path));
  }

  /** Writes a file as the node sees it, with the folders above it. Files of the host are never changed by it. */
  async writeFile(node: string, path: string, text: string): Promise<void> {
    await this.#machine.channel.request({ op: 'write', files: [{ path: this.#pathOf(node, path), text }] });
  }

  /** The machine's time, in milliseconds since the epoch. An emulated machine's clock may be off by a second. */
  async clock(): Promise<number> {
    return (await this.#machine.channel.request({ op: 'clock' })) as number;
  }

  /** Ends the machine and everything in it. */
  down(): Promise<void> {
    return this.#machine.stop();
  }

  async #read(path: string): Promise<string> {
    return (await this.#machine.channel.request({ op: 'read', path })) as string;
  }

  #pathOf(node: string, path: string): string {
    return `/proc/${this.#holders.get(this.#plan(node).name)}/root${path}`;
  }

  #inside(node: string, argv: readonly string[]): string[] {
    return [...enter(this.#holders.get(this.#plan(node).name)), ...argv];
  }

  #processOf(node: string): LabProcess {
    const process = this.#processes.get(this.#plan(node).name);
    if (!process) throw new LabError(`the process of node ${node} is not running`);
    return process;
  }

  #plan(node: string): NodePlan {
    const plan = this.#nodes.get(node);
    if (!plan) throw new LabError(`there is no node ${node}; the lab has ${this.nodes.join(', ')}`);
    return plan;
  }
}

const logPath = (node: string): string => `/run/lab/log/${node}.log`;
