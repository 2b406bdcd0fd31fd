import { rename, symlink, unlink, writeFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { ConfigFile } from '../../src/agent/config-file.ts';
import { LastingSource } from '../../src/agent/lasting-source.ts';
import type { Legacy } from '../../src/agent/legacy.ts';
import { Succession, type Term } from '../../src/agent/succession.ts';
import { Tally } from '../../src/agent/tally.ts';
import { type Ground, type Place, Uptake } from '../../src/agent/uptake.ts';
import { noBulletin } from '../../src/cluster/node-bulletin.ts';
import type { Config } from '../../src/config/config.ts';
import { configOf } from '../../src/config/load.ts';
import type { Status } from '../../src/model/status.ts';
import { createSource } from '../../src/source/create.ts';
import { NODE, Rig, WEB } from './agent-rig.ts';

/** What a file says that is not written here. */
export interface Written {
  readonly ranges?: string;
  readonly peers?: string;
  readonly health?: string;
  readonly announcement?: string;
  /** The directory of manifests below the one that is kept. */
  readonly manifests?: string;
  readonly rest?: string;
}

export interface ReloadOptions {
  /** Where gobgpd's API listens. */
  readonly target: string;
  /** An empty directory. */
  readonly keep: string;
  /** Where the agent finds its configuration, below that directory. */
  readonly at?: string;
}

export const ONE_PEER = '{ address: 10.22.108.1, as: 64500 }';

/** A process that follows its configuration file: agents with fake kernels, one after the other, on manifests and a real gobgpd. */
export class ReloadNode {
  /** The agents so far, the one in service last. */
  readonly rigs: Rig[] = [];
  readonly lines: Readonly<Record<string, unknown>>[] = [];
  /** What the kernel refuses to have an agent for. */
  refuses: ((config: Config) => boolean) | undefined;
  readonly #options: ReloadOptions;
  readonly #agents: Succession;
  readonly #uptake: Uptake;
  readonly #followed: ConfigFile;
  readonly #tally = new Tally();
  #losesPackets = false;

  static async start(options: ReloadOptions, written: Written = {}): Promise<ReloadNode> {
    const manifests = join(options.keep, 'manifests');
    await mkdir(manifests, { recursive: true });
    await writeFile(join(manifests, 'web.yaml'), WEB);
    const text = fileFor(options, written);
    if (options.at === undefined) await writeFile(join(options.keep, 'config.yaml'), text);
    const node = new ReloadNode(options, text);
    await node.#uptake.start();
    node.#followed.start();
    return node;
  }

  private constructor(options: ReloadOptions, text: string) {
    this.#options = options;
    const write = (line: string): void => void this.lines.push(JSON.parse(line) as Record<string, unknown>);
    const log = pino({ level: 'debug', base: null, timestamp: false }, { write });
    const config = configOf(text, 'config.yaml');
    const begin = (of: Config, legacy: Legacy | undefined) => this.#begin(of, legacy);
    this.#agents = new Succession({ begin, waiting, log });
    const lay = (place: Place): Ground => {
      const { node, source } = place.config();
      const laid = new LastingSource(createSource(source, node, log), () => NONE);
      return { source: laid, auto: undefined, bulletin: noBulletin };
    };
    this.#uptake = new Uptake({ started: config, agents: this.#agents, lay });
    const take = (of: Config) => this.#uptake.take(of);
    const paces = { copy: join(options.keep, 'last-good.yaml'), lookEveryMs: 500, settleMs: 50 };
    this.#followed = new ConfigFile({ file: this.file, started: { config, text }, problems: [], take, log, ...paces });
  }

  get file(): string {
    return join(this.#options.keep, this.#options.at ?? 'config.yaml');
  }

  get status(): Status {
    return {
      ...this.#agents.status(),
      config: { ...this.#followed.status, needsRestart: this.#uptake.needsRestart },
    };
  }

  get orders(): Pick<Succession, 'orderDrain' | 'callOffDrain'> {
    return this.#agents;
  }

  /** The agent in service. */
  get rig(): Rig {
    const rig = this.rigs.at(-1);
    if (rig === undefined) throw new Error('there is no agent');
    return rig;
  }

  /** The details of a condition, joined; undefined where it is not active. */
  detail(code: string): string | undefined {
    const details = this.status.conditions.filter((one) => one.code === code).map((one) => one.detail);
    return details.length === 0 ? undefined : details.join('; ');
  }

  events(name: string): readonly Readonly<Record<string, unknown>>[] {
    return this.lines.filter(({ event }) => event === name);
  }

  /** Writes the file in one go, as an editor does that puts a new one in its place. */
  async write(written: Written): Promise<void> {
    await this.writeText(fileFor(this.#options, written));
  }

  async writeText(text: string): Promise<void> {
    await writeFile(`${this.file}.new`, text);
    await rename(`${this.file}.new`, this.file);
  }

  /** Whether packets get lost on the way to the pods, whichever agent probes it. */
  set losesPackets(lost: boolean) {
    this.#losesPackets = lost;
    this.rig.probe.losesPackets = lost;
  }

  look(): void {
    this.#followed.look();
  }

  async stop(): Promise<void> {
    await this.#followed.stop();
    await this.#uptake.stop();
    await this.#agents.stop();
    await this.#uptake.end();
    await Promise.all(this.rigs.map((rig) => rig[Symbol.asyncDispose]()));
  }

  async #begin(config: Config, legacy: Legacy | undefined): Promise<Term> {
    if (this.refuses?.(config)) throw new Error('the kernel has no such thing');
    const { keep, target } = this.#options;
    const kept = { drainFile: join(keep, 'drain.json'), nodeFile: join(keep, 'node.json'), tally: this.#tally };
    const problems = () => this.#followed.status.problems;
    const needsRestart = () => this.#uptake.needsRestart;
    const { source } = this.#uptake.groundOf(config);
    const rig = await Rig.start({ target, config, source, files: {}, legacy, problems, needsRestart, ...kept });
    rig.probe.losesPackets = this.#losesPackets;
    this.rigs.push(rig);
    const { agent } = rig;
    return { agent, stop: async () => (await rig.stop()) === true, handOver: async () => void (await rig.handOver()) };
  }
}

const NONE = [] as const;

function waiting(): Status {
  throw new Error('an agent is in service from the start');
}

/** The text of a configuration file. */
export function fileFor({ keep, target }: ReloadOptions, written: Written): string {
  const { announcement = '', health = '', manifests = 'manifests', rest = '' } = written;
  const { peers = ONE_PEER, ranges = '10.99.66.0/23' } = written;
  return `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
source: { manifests: { directory: ${join(keep, manifests)} } }
ranges: [${ranges}]
dataplane: { auditInterval: 10ms }
health: { interval: 10ms, timeout: 10ms, splay: 0s, ${health} }
announcement: { minimumAnnouncers: 0, holdDown: 1s, stopWait: 0s, drain: { settle: 100ms }, ${announcement} }
bgp:
  gobgp: ${target}
  localAs: 64512
  routerId: ${NODE}
  listenPort: -1
  peers: [${peers}]
${rest}
`;
}

/** A directory like a mounted ConfigMap: `config.yaml` is a link into `..data`, and that one to where the files are. */
export async function asConfigMap(keep: string, text: string): Promise<void> {
  await mkdir(join(keep, 'volume'), { recursive: true });
  await swapConfigMap(keep, text);
  await symlink('..data/config.yaml', join(keep, 'volume/config.yaml'));
}

let swaps = 0;

/** As kubelet's AtomicWriter does: everything into a new directory, and then the link `..data` to that one by a rename. */
export async function swapConfigMap(keep: string, text: string): Promise<void> {
  const name = `..2026_${(swaps += 1)}`;
  await mkdir(join(keep, 'volume', name));
  await writeFile(join(keep, 'volume', name, 'config.yaml'), text);
  await unlink(join(keep, 'volume/..data_tmp')).catch(() => {});
  await symlink(name, join(keep, 'volume/..data_tmp'));
  await rename(join(keep, 'volume/..data_tmp'), join(keep, 'volume/..data'));
}
