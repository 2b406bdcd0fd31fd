import { type LogEvent, eventsOf } from '../../lab/observe/agents.ts';
import { Lab } from '../../lab/lab.ts';
import type { Kind } from '../../lab/machine/kind.ts';
import { CHECKOUT } from '../../lab/machine/place.ts';
import { PARTS } from '../../src/dataplane/dataplane.ts';
import type { Status } from '../../src/model/status.ts';
import { manifestOf, POD_ADDRESS, type Sketch } from './manifests.ts';
import { eventually } from './patience.ts';
import { startTraffic, type Traffic } from './traffic.ts';

export const RANGE = '10.99.66.0/23';
/** The address of each lb node towards the switch. */
export const UPLINK: Readonly<Record<string, string>> = { lb1: '10.0.2.6', lb2: '10.0.2.10', lb3: '10.0.2.14' };

export interface SceneOptions {
  readonly kind?: Kind;
  readonly lbs?: readonly string[];
  /** What is done to the lab before the agents start. */
  readonly before?: (scene: Scene) => Promise<void>;
}

/**
 * The lab with agents in service, a client, and pods that say who they are. The range leads to the first lb node by a
 * static route on the switch: what becomes of announcements is not the question of these tests, and a fault that takes
 * the announcement away must not hide from the client.
 */
export class Scene {
  readonly lab: Lab;
  readonly lbs: readonly string[];
  readonly client: Traffic;
  readonly #insiders: ReadonlyMap<string, Traffic>;

  static async up({ before, kind, lbs = ['lb1'] }: SceneOptions = {}): Promise<Scene> {
    // The sidecar's node is there without its process: a second mount namespace beside each agent.
    const sidecars = lbs.map((lb) => lb.replace('lb', 'gobgp'));
    const nodes = ['client', 'tor', ...lbs, ...sidecars, 'fab', 'pod1', 'pod2'];
    const lab = await Lab.up({ nodes, start: false, ...(kind && { kind }) });
    try {
      return await Scene.#play(lab, lbs, before);
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  static async #play(lab: Lab, lbs: readonly string[], before: SceneOptions['before']): Promise<Scene> {
    const servers = ['pod1', 'pod2'].map((pod) => startServers(lab, pod));
    const insiders = lbs.map(async (lb): Promise<[string, Traffic]> => [lb, await startTraffic(lab, lb)]);
    const [client] = await Promise.all([startTraffic(lab, 'client'), ...servers]);
    const scene = new Scene(lab, client, new Map(await Promise.all(insiders)));
    await scene.leadTo(lbs[0] ?? '');
    await before?.(scene);
    await Promise.all(lbs.map((lb) => lab.start(lb)));
    await Promise.all(lbs.map((lb) => scene.healthy(lb)));
    return scene;
  }

  private constructor(lab: Lab, client: Traffic, insiders: ReadonlyMap<string, Traffic>) {
    this.lab = lab;
    this.lbs = [...insiders.keys()];
    this.client = client;
    this.#insiders = insiders;
  }

  /** Connections from an lb node itself. */
  inside(lb = 'lb1'): Traffic {
    const traffic = this.#insiders.get(lb);
    if (!traffic) throw new Error(`there is no ${lb} in this scene`);
    return traffic;
  }

  /** What a command in a node prints. Rejects where it fails. */
  async run(node: string, ...argv: string[]): Promise<string> {
    const { exitCode, stderr, stdout } = await this.lab.exec(node, argv);
    if (exitCode !== 0) throw new Error(`${node}: ${argv.join(' ')}: exit code ${exitCode}: ${stderr}`);
    return stdout;
  }

  /** Runs several commands in a node, in order: one process to start instead of many. */
  sh(node: string, ...lines: string[]): Promise<string> {
    return this.run(node, 'sh', '-ec', lines.join('\n'));
  }

  /** Sends the range to another lb node. */
  async leadTo(lb: string): Promise<void> {
    await this.run('tor', 'ip', 'route', 'replace', RANGE, 'via', UPLINK[lb] ?? '');
  }

  /** Tells every agent of a Service, and waits until every kernel holds what it asks for. */
  async declare(sketch: Sketch): Promise<void> {
    await this.lab.writeFile('lb1', manifestPath(sketch.name), manifestOf(sketch));
    await Promise.all(this.lbs.map((lb) => eventually(async () => holds(await this.table(lb), sketch))));
  }

  /** Takes a Service away, and waits until no kernel holds it. */
  async forget({ address, name }: Sketch): Promise<void> {
    await this.run('lb1', 'rm', manifestPath(name));
    await Promise.all(this.lbs.map((lb) => eventually(async () => !(await this.table(lb)).includes(`${address}:`))));
  }

  /** The IPVS table of an lb node. */
  table(lb = 'lb1'): Promise<string> {
    return this.run(lb, 'ipvsadm', '-Sn');
  }

  /** Undefined where no agent answers. Asked from inside, since the command `fairlead status` is a process to start. */
  async status(lb = 'lb1'): Promise<Status | undefined> {
    const answer = await this.inside(lb).read('/run/fairlead/agent.sock', '/status');
    return answer === undefined ? undefined : (JSON.parse(answer) as Status);
  }

  /** What the agent says of a check by now: `healthy`, `unhealthy` or `undecided`. */
  async verdict(check: string, lb = 'lb1'): Promise<string | undefined> {
    return (await this.status(lb))?.checks.find(({ name }) => name === check)?.health;
  }

  /** Resolves once the agent has found the data plane and the path well; not every scene has a gobgpd and a switch. */
  async healthy(lb = 'lb1'): Promise<void> {
    await eventually(async () => {
      const checks = (await this.status(lb))?.checks ?? [];
      const wanted: readonly string[] = [...PARTS, 'probe'];
      return wanted.every((name) => checks.find((check) => check.name === name)?.health === 'healthy');
    }, 60_000);
  }

  events(lb = 'lb1'): Promise<LogEvent[]> {
    return eventsOf(this.lab, lb);
  }

  /** Ends the agent as the kernel's out-of-memory killer would, and starts another one. */
  async restart(lb = 'lb1', between: () => Promise<void> = async () => undefined): Promise<void> {
    await this.lab.kill(lb, 'SIGKILL');
    await between();
    await this.lab.start(lb);
    await this.healthy(lb);
  }
}

const manifestPath = (name: string): string => `/etc/fairlead/manifests/${name}.json`;

async function startServers(lab: Lab, node: string): Promise<void> {
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const argv = ['node', '--single-threaded', `${CHECKOUT}/test/kernel/servers.mjs`];
  await lab.spawn(node, argv, { onLine: (line) => line === 'ready' && resolve() });
  await ready;
}

/** Whether a table has the virtual server of a Service with exactly its real servers, as `ipvsadm -S` prints them. */
function holds(table: string, { address, affinitySeconds = 0, pods, port, protocol = 'TCP', to }: Sketch): boolean {
  const server = `-${protocol === 'TCP' ? 't' : 'u'} ${address}:${port} `;
  const lines = table.split('\n').filter((line) => line.includes(server));
  const persistent = affinitySeconds > 0 ? ` -p ${affinitySeconds}` : '';
  const weights = weightsOf(pods, protocol);
  const expected = Object.entries(weights).map(([pod, w]) => `-a ${server}-r ${POD_ADDRESS[pod]}:${to} -m -w ${w}`);
  if (expected.length === 0) return lines.length === 0;
  const [head = '', ...rest] = lines;
  return head.endsWith(persistent) && rest.toSorted().join('\n') === expected.toSorted().join('\n');
}

/** KEP-1669, said once more in the words of these tests. What takes nothing new keeps what it has, over TCP. */
function weightsOf(pods: Sketch['pods'], protocol: string): Record<string, number> {
  const states = Object.entries(pods);
  const taking = states.some(([, state]) => state === 'ready') ? 'ready' : 'terminating';
  const weights = states.map(([pod, state]): [string, number] => [pod, state === taking ? 1 : 0]);
  return Object.fromEntries(weights.filter(([, weight]) => weight > 0 || protocol === 'TCP'));
}
