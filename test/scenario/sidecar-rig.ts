import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { connectGobgp } from '../../src/bgp/connect.ts';
import type { GobgpApi, HeldPath } from '../../src/bgp/gobgp.ts';
import { type Family, familyOf } from '../../src/model/address.ts';
import { gobgpdBinary } from './gobgpd-binary.ts';
import type { Network } from './gobgpd-network.ts';

const MAIN = join(import.meta.dirname, '../../src/cli/main.ts');
const HEART = join(import.meta.dirname, 'heart.ts');

/** Milliseconds. Long enough for a slow machine to be on time within a grace, short enough to wait for. */
export const CRASH = { deprioritise: 3000, withdraw: 4500 };
export const HANG = { deprioritise: 1500, withdraw: 3500 };

export const OURS = '10.22.108.100';

/** A real `fairlead sidecar` with the gobgpd it starts, in a folder of its own. */
export class SidecarProcess {
  readonly api: GobgpApi;
  readonly #network: Network;
  readonly #folder: string;
  #process: ChildProcess | undefined;
  #output = '';

  private constructor(network: Network, folder: string) {
    this.#network = network;
    this.#folder = folder;
    this.api = connectGobgp(this);
  }

  /** One that is not started yet. */
  static async create(network: Network): Promise<SidecarProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'fairlead-sidecar-'));
    await writeFile(join(folder, 'config.yaml'), configOf(folder));
    return new SidecarProcess(network, folder);
  }

  /** Changes its configuration file by an edit, as an editor does that puts a new one in its place. */
  async edit(change: (text: string) => string): Promise<void> {
    const file = join(this.#folder, 'config.yaml');
    await writeFile(`${file}.new`, change(await readFile(file, 'utf8')));
    await rename(`${file}.new`, file);
  }

  start(gobgpd = gobgpdBinary()): void {
    const path = `PATH=${dirname(gobgpd)}:${process.env['PATH'] ?? ''}`;
    const argv = ['env', path, process.execPath, MAIN, 'sidecar', '--config', join(this.#folder, 'config.yaml')];
    this.#process = this.#network.spawn(argv, ['ignore', 'pipe', 'inherit']);
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
  }

  get process(): ChildProcess {
    if (this.#process === undefined) throw new Error('the sidecar is not started');
    return this.#process;
  }

  /** The sockets: of the dead man's switch, and of gobgpd's API. */
  get sockets(): readonly [string, string] {
    return [join(this.#folder, 'deadman.sock'), join(this.#folder, 'gobgp.sock')];
  }

  get target(): string {
    return `unix://${this.sockets[1]}`;
  }

  /** The process id of gobgpd. */
  get gobgpd(): number {
    const { pid } = this.process;
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
  }

  /** The exit code, or the signal that ended it. */
  async ended(): Promise<number | string> {
    const { exitCode, signalCode } = this.process;
    const [code, signal] =
      exitCode === null && signalCode === null
        ? ((await once(this.process, 'exit')) as [number | null, string | null])
        : [exitCode, signalCode];
    return code ?? String(signal);
  }

  /** What it has logged so far, gobgpd's own lines included. */
  get events(): string[] {
    return [...this.#output.matchAll(/"event":"([^"]+)"/g)].map(([, event = '']) => event);
  }

  /** Its paths, each as `announced`, `deprioritised` or by what is odd about it. */
  async paths(): Promise<string[]> {
    return (await this.api.paths()).map(stateOf);
  }

  /** An agent that beats, as a process of its own. */
  beat(): ChildProcess {
    return spawn(process.execPath, [HEART, this.sockets[0]], { stdio: 'inherit' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.api.close();
    if (this.#process?.kill('SIGKILL')) await this.ended();
    await rm(this.#folder, { recursive: true });
  }
}

/** Everything that a path can carry beside its prefix and next hop. */
export const ATTRIBUTES = {
  communities: ['64512:100'],
  largeCommunities: ['64512:1:2'],
  med: 50,
  localPref: 200,
  asPath: [64512],
  linkBandwidth: { as: 64512, bytesPerSecond: 1_250_000_000 },
};

const DEPRIORITISED = {
  ...ATTRIBUTES,
  communities: ['64512:100', '65535:0', '64512:666'],
  largeCommunities: ['64512:1:2', '64512:6:6'],
  med: 1050,
  localPref: 0,
  asPath: [64512, 64512, 64512, 64512],
};

const NEXT_HOPS: Readonly<Record<Family, string>> = { ipv4: '10.22.108.200', ipv6: 'fd00:22:108::100' };

function stateOf({ prefix, nextHop, foreign, ...attributes }: HeldPath): string {
  const isOurs = nextHop === NEXT_HOPS[familyOf(prefix)] && foreign.length === 0;
  if (isOurs && isDeepStrictEqual(attributes, ATTRIBUTES)) return 'announced';
  if (isOurs && isDeepStrictEqual(attributes, DEPRIORITISED)) return 'deprioritised';
  return JSON.stringify({ nextHop, foreign, ...attributes });
}

const configOf = (folder: string): string => `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
ranges: [10.99.66.0/23, 'fd99:66::/112']
announcement: { deprioritised: { communities: ['64512:666'], largeCommunities: ['64512:6:6'] } }
deadman:
  socket: ${folder}/deadman.sock
  crash: { deprioritise: ${CRASH.deprioritise}ms, withdraw: ${CRASH.withdraw}ms }
  hang: { deprioritise: ${HANG.deprioritise}ms, withdraw: ${HANG.withdraw}ms }
bgp:
  gobgp: unix://${folder}/gobgp.sock
  localAs: 64512
  routerId: ${OURS}
  peers: [{ address: 10.22.108.1, as: 64500 }]
`;
