import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Lab } from '../../../../lab/lab.ts';
import { CHECKOUT } from '../../../../lab/machine/place.ts';
import type { LabProcess } from '../../../../lab/process.ts';
import { Authority } from '../../../unit/bgp/certificates.ts';
import { shippedOptions } from '../bundle.ts';
import type { Usage } from '../client/protocol.ts';
import { RANGE, type Size } from '../objects.ts';
import type { Answer, Order } from '../server/protocol.ts';

/** What has become of the agent's changes, as recorder.mjs tells. */
export interface Recorded extends Usage {
  /** System calls on netlink sockets since it began. */
  readonly calls: number;
  /** Changes of IPVS since it began. */
  readonly changes: number;
  /** Since the last time this was asked: the addresses of virtual servers, and when a change of each was in the kernel. */
  readonly noted: readonly (readonly [address: string, at: number])[];
}

const API = { host: '10.1.0.1', port: 6443 };
const PATIENCE_MS = 180_000;

/** An agent as it ships, in a lab machine with real IPVS, and an API server beside it. */
export class AgentLab {
  readonly #lab: Lab;
  readonly #api: Talk;
  readonly #agent: Talk;

  /** @param folder of this machine, for certificates */
  static async up(size: Size, folder: string, tell: (text: string) => void): Promise<AgentLab> {
    const lab = await Lab.up({ nodes: ['lb1', 'fab'], start: false, onProgress: tell });
    try {
      await put(lab, folder);
      tell('starting the API server');
      const api = await startApi(lab, size);
      tell('starting the agent');
      return new AgentLab(lab, api, await startAgent(lab));
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  private constructor(lab: Lab, api: Talk, agent: Talk) {
    this.#lab = lab;
    this.#api = api;
    this.#agent = agent;
  }

  /** native, uml or qemu. */
  get kind(): string {
    return this.#lab.kind;
  }

  async order<O extends Order>(order: O): Promise<Answer<O>> {
    return JSON.parse(await this.#api.ask(JSON.stringify(order))) as Answer<O>;
  }

  async recorded(): Promise<Recorded> {
    const { recorder } = JSON.parse(await this.#agent.ask('')) as { recorder: Recorded };
    return recorder;
  }

  /** Resolves once the kernel has taken so many changes, with what is recorded then, and all that was noted meanwhile. */
  async changed(changes: number): Promise<Recorded> {
    const end = performance.now() + PATIENCE_MS;
    const noted: Recorded['noted'][number][] = [];
    for (;;) {
      const found = await this.recorded();
      noted.push(...found.noted);
      if (found.changes >= changes) return { ...found, noted };
      if (performance.now() > end)
        throw new Error(`expected ${changes} changes, found ${found.changes}: ${this.#agent.said}`);
      await pause(1000);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lab.down();
  }
}

/** A process in the lab that answers some lines with a line. */
class Talk {
  readonly #process: LabProcess;
  readonly #lines: Lines;

  constructor(process: LabProcess, lines: Lines) {
    this.#process = process;
    this.#lines = lines;
  }

  get said(): string {
    return this.#lines.other.slice(-20).join('\n');
  }

  async ask(line: string): Promise<string> {
    const answer = this.#lines.next();
    await this.#process.write(line);
    return await answer;
  }
}

/** The lines of a process: answers, and what it says beside them. */
class Lines {
  readonly other: string[] = [];
  readonly #isAnswer: (line: string) => boolean;
  readonly #waiting: ((line: string) => void)[] = [];

  constructor(isAnswer: (line: string) => boolean) {
    this.#isAnswer = isAnswer;
  }

  take = (line: string): void => {
    if (this.#isAnswer(line)) this.#waiting.shift()?.(line);
    else this.other.push(line);
  };

  async next(): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#waiting.push(resolve);
    const late = setTimeout(
      () => reject(new Error(`no answer; said:\n${this.other.slice(-20).join('\n')}`)),
      PATIENCE_MS,
    );
    return await promise.finally(() => clearTimeout(late));
  }
}

async function put(lab: Lab, folder: string): Promise<void> {
  const authority = new Authority(folder, 'lab');
  const { cert, key } = authority.issue('api', `IP:${API.host}`);
  await lab.writeFile('fab', '/etc/bench/api.pem', readFileSync(cert, 'utf8'));
  await lab.writeFile('fab', '/etc/bench/api.key', readFileSync(key, 'utf8'));
  await lab.writeFile('lb1', '/etc/fairlead/ca.pem', readFileSync(authority.ca, 'utf8'));
  await lab.writeFile('lb1', '/etc/fairlead/kubeconfig', KUBECONFIG);
  await lab.writeFile('lb1', '/etc/fairlead/config.yaml', CONFIG);
  const added = await lab.exec('fab', ['ip', 'address', 'add', `${API.host}/24`, 'dev', 'br0']);
  if (added.exitCode !== 0) throw new Error(`fab: ${added.stderr}`);
}

async function startApi(lab: Lab, { endpointsEach, services }: Size): Promise<Talk> {
  const lines = new Lines((line) => /^[\d[n]/.test(line));
  const script = join(import.meta.dirname, '../server/main.ts');
  const words = [services, endpointsEach, API.host, API.port].map(String);
  const argv = ['node', script, ...words, '/etc/bench/api.pem', '/etc/bench/api.key'];
  const ready = lines.next();
  const api = new Talk(await lab.spawn('fab', argv, { onLine: lines.take }), lines);
  await ready;
  return api;
}

async function startAgent(lab: Lab): Promise<Talk> {
  const lines = new Lines((line) => line.startsWith('{"recorder"'));
  const recorder = join(import.meta.dirname, 'recorder.mjs');
  const program = join(CHECKOUT, 'dist/fairlead.js');
  const argv = [
    'node',
    ...shippedOptions(),
    '--import',
    recorder,
    program,
    'run',
    '--config',
    '/etc/fairlead/config.yaml',
  ];
  return new Talk(await lab.spawn('lb1', argv, { onLine: lines.take }), lines);
}

const KUBECONFIG = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Config',
  'current-context': 'bench',
  clusters: [
    {
      name: 'bench',
      cluster: { server: `https://${API.host}:${API.port}`, 'certificate-authority': '/etc/fairlead/ca.pem' },
    },
  ],
  users: [{ name: 'bench', user: { token: 'secret' } }],
  contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
});

const CONFIG = `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
source: { kubernetes: { kubeconfig: /etc/fairlead/kubeconfig } }
ranges: [${RANGE}]
bgp: { localAs: 64512, routerId: 10.0.2.6, peers: [{ address: 10.0.2.5, as: 64500 }] }
`;
