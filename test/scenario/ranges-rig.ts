import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { LastingSource } from '../../src/agent/lasting-source.ts';
import type { Legacy } from '../../src/agent/legacy.ts';
import { AutoRanges } from '../../src/agent/ranges-auto.ts';
import { Succession, type Term } from '../../src/agent/succession.ts';
import { waitingStatus } from '../../src/agent/waiting.ts';
import type { Config } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/parse.ts';
import type { Status } from '../../src/model/status.ts';
import { createKubernetesSource } from '../../src/source/kubernetes.ts';
import { PACE } from '../../src/source/reflector-step.ts';
import { ServiceCidrs } from '../../src/source/service-cidrs.ts';
import { NODE, Rig } from './agent-rig.ts';
import type { ApiObject } from './api-objects.ts';

export const SERVICE_CIDRS = '/apis/networking.k8s.io/v1/servicecidrs';

/** A ServiceCIDR as a cluster has it. */
export const serviceCidr = (name: string, cidrs: unknown, metadata: object = {}): ApiObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'ServiceCIDR',
  metadata: { name, ...metadata },
  spec: { cidrs },
});

/** Everything a hundred times faster than in a cluster. */
const pace = { ...PACE, firstDelayMs: 8, longestDelayMs: 300, settledMs: 50 };
const timeouts = { connectMs: 500, headersMs: 500, bodyMs: 500, watchMs: 950 };

export interface AutoNodeOptions {
  /** Where gobgpd's API listens. */
  readonly target: string;
  /** Of the API server. */
  readonly kubeconfig: string;
  /** A directory for what is kept from one process to the next. */
  readonly keep: string;
  /** More of what the configuration has below `bgp`. */
  readonly bgp?: string;
}

/** A process with `ranges: auto`: agents with fake kernels, one after the other, on a stand-in API server and a real gobgpd. */
export class AutoNode {
  /** The agents so far, the one in service last. */
  readonly rigs: Rig[] = [];
  readonly lines: Readonly<Record<string, unknown>>[] = [];
  readonly #options: AutoNodeOptions;
  readonly #source: LastingSource;
  readonly #auto: AutoRanges;
  readonly #agents: Succession;

  static async start(options: AutoNodeOptions): Promise<AutoNode> {
    const node = new AutoNode(options);
    await node.#auto.start();
    return node;
  }

  private constructor(options: AutoNodeOptions) {
    const { bgp = '', keep, kubeconfig, target } = options;
    this.#options = options;
    const write = (line: string): void => void this.lines.push(JSON.parse(line) as Record<string, unknown>);
    const log = pino({ level: 'debug', base: null, timestamp: false }, { write });
    const { config, problems } = parseConfig(
      `{apiVersion: fairlead.io/v1alpha1, kind: FairleadConfig, ranges: auto, source: {kubernetes: {kubeconfig: ${kubeconfig}}},
       bgp: {gobgp: '${target}', localAs: 64512, routerId: ${NODE}, peers: [{address: 10.22.108.1, as: 64500}], ${bgp}}}`,
      'lb-1',
    );
    if (config === undefined) throw new Error(JSON.stringify(problems));
    const source = createKubernetesSource({ kubeconfig, lostAfterMs: 30_000, node: 'lb-1', log, pace, timeouts });
    this.#source = new LastingSource(source, () => this.#auto.skipped);
    const waiting = (): Status =>
      waitingStatus({
        config,
        version: '0.1.0',
        startedAt: 0,
        now: Date.now(),
        source: source.status(),
        skipped: this.#auto.skipped,
        unknown: this.#auto.unknown,
      });
    this.#agents = new Succession({ begin: (of, legacy) => this.#begin(of, legacy), waiting, log });
    this.#auto = new AutoRanges({
      config: () => config,
      cidrs: new ServiceCidrs({ kubeconfig, lostAfterMs: 30_000, log, pace, timeouts }),
      source: this.#source,
      file: join(keep, 'ranges.json'),
      log,
      become: (ranges) => this.#agents.become({ ...config, ranges }),
      lookEveryMs: 50,
    });
  }

  get status(): Status {
    return { ...this.#agents.status(), serviceCidrs: this.#auto.status };
  }

  get orders(): Pick<Succession, 'orderDrain' | 'callOffDrain'> {
    return this.#agents;
  }

  /** The details of a condition, joined; undefined where it is not active. */
  detail(code: string): string | undefined {
    const details = this.status.conditions.filter((one) => one.code === code).map((one) => one.detail);
    return details.length === 0 ? undefined : details.join('; ');
  }

  async handOver(): Promise<void> {
    await this.#auto.stop();
    await this.#agents.handOver();
    await this.#end();
  }

  async stop(): Promise<void> {
    await this.#auto.stop();
    await this.#agents.stop();
    await this.#end();
  }

  async #end(): Promise<void> {
    await this.#source.end();
    await Promise.all(this.rigs.map((rig) => rig[Symbol.asyncDispose]()));
  }

  async #begin({ ranges }: Config, legacy: Legacy | undefined): Promise<Term> {
    const { keep, target } = this.#options;
    const kept = { drainFile: join(keep, 'drain.json'), nodeFile: join(keep, 'node.json') };
    const auto = { ranges, outdated: () => this.#auto.outdated };
    const rig = await Rig.start({ target, source: this.#source, files: {}, auto, legacy, ...kept });
    this.rigs.push(rig);
    return {
      agent: rig.agent,
      stop: async () => (await rig.stop()) === true,
      handOver: async () => void (await rig.handOver()),
    };
  }
}

/** A directory with room for what is kept. */
export async function keepFor() {
  const keep = await mkdtemp(join(tmpdir(), 'fairlead-ranges-'));
  return { keep, [Symbol.asyncDispose]: () => rm(keep, { recursive: true }) };
}

/** The same with the kubeconfig of a server in it. */
export async function kubeconfigFor(server: { kubeconfig(): string }) {
  const place = await keepFor();
  const kubeconfig = join(place.keep, 'kubeconfig');
  await writeFile(kubeconfig, server.kubeconfig());
  return { ...place, kubeconfig };
}
