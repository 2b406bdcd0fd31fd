import type { BuiltImage } from '../../../lab/image/image.ts';
import type { Lab } from '../../../lab/lab.ts';
import { CHECKOUT } from '../../../lab/machine/place.ts';
import type { ExecResult } from '../../../lab/guest/protocol.ts';
import type { LabProcess } from '../../../lab/process.ts';
import { type Container, readPod } from './daemonset.ts';
import { CONFINE, runtimeDefault } from './seccomp.ts';

const SCRIPT = `${CHECKOUT}/lab/guest/container.sh`;

/**
 * The DaemonSet's pod on an lb node of the lab, in the image's files: each container with the mounts, the capabilities and
 * the user that the manifest gives it. The volume `config` is the node's own /etc/fairlead; what a cluster would put into
 * the others that are not on the host is not there.
 */
export class Pod {
  readonly #lab: Lab;
  readonly #node: string;
  readonly #image: BuiltImage;
  readonly #containers: ReadonlyMap<string, Container>;
  readonly #processes = new Map<string, LabProcess>();

  private constructor(lab: Lab, node: string, image: BuiltImage, containers: readonly Container[]) {
    this.#lab = lab;
    this.#node = node;
    this.#image = image;
    this.#containers = new Map(containers.map((container) => [container.name, container]));
  }

  /** Makes the volumes and what each container is made from; nothing is started yet. */
  static async prepare(lab: Lab, node: string, image: BuiltImage): Promise<Pod> {
    const { containers, volumes } = readPod();
    const sourceOf = (name: string): string => volumes.get(name) ?? `/run/pod/volumes/${name}`;
    const folders = [...volumes].flatMap(([name, path]) => (path === undefined ? [sourceOf(name)] : []));
    const script = `mkdir -p ${folders.join(' ')} && cp -rL /etc/fairlead/. ${sourceOf('config')} && touch /run/xtables.lock`;
    await succeed(lab.exec(node, ['sh', '-c', script]), 'the volumes');
    for (const container of containers) {
      const mounts = container.volumeMounts.map(
        ({ name, mountPath, readOnly }) => `${sourceOf(name)} ${mountPath} ${readOnly ? 'ro' : 'rw'}\n`,
      );
      const folder = folderOf(container.name);
      await lab.writeFile(node, `${folder}/image`, image.root);
      await lab.writeFile(node, `${folder}/mounts`, mounts.join(''));
      if (container.securityContext.privileged) await lab.writeFile(node, `${folder}/privileged`, '');
    }
    return new Pod(lab, node, image, containers);
  }

  /** As kubelet does: the init containers in turn, those that stay without waiting for their end, and then the others. */
  async boot(): Promise<void> {
    for (const { args, command, init, name } of this.#containers.values()) {
      if (init) await succeed(this.#lab.exec(this.#node, this.#start(name, [...command, ...args])), name);
      else await this.start(name);
    }
  }

  /** Starts a container; without one of its capabilities, where one is named. What it says goes to a file of its own. */
  async start(name: string, without?: string): Promise<LabProcess> {
    const { command, args } = this.#container(name);
    const logged = ['sh', '-c', `exec "$@" >${folderOf(name)}/log 2>&1`, 'log'];
    const started = this.#start(name, [...command, ...args], without);
    const process = await this.#lab.spawn(this.#node, [...logged, ...started]);
    this.#processes.set(name, process);
    return process;
  }

  /** Ends a container at once, and all that runs in it. */
  async kill(name: string): Promise<void> {
    await this.#processes.get(name)?.kill();
  }

  log(name: string): Promise<string> {
    return this.#lab.readFile(this.#node, `${folderOf(name)}/log`);
  }

  /** Runs a command in a container that runs, with its rights, as `kubectl exec` does. */
  exec(name: string, ...argv: readonly string[]): Promise<ExecResult> {
    const pid = `$(cat ${folderOf(name)}/pid)`;
    const script = `exec nsenter -t ${pid} -m --pid=/proc/${pid}/ns/pid_for_children -- "$@"`;
    return this.#lab.exec(this.#node, ['sh', '-c', script, 'exec', ...this.#confined(name, argv)]);
  }

  #start(name: string, argv: readonly string[], without?: string): string[] {
    return ['sh', SCRIPT, folderOf(name), ...this.#confined(name, argv, without)];
  }

  /** With the image's environment alone, and no more rights than the manifest says. */
  #confined(name: string, argv: readonly string[], without?: string): string[] {
    const env = Object.entries({ ...this.#image.config.env, NODE_NAME: this.#node, HOME: '/root' });
    return ['env', '-i', ...env.map((pair) => pair.join('=')), ...rights(this.#container(name), without), ...argv];
  }

  #container(name: string): Container {
    const container = this.#containers.get(name);
    if (container === undefined) throw new Error(`the DaemonSet has no container ${name}`);
    return container;
  }
}

const folderOf = (name: string): string => `/run/pod/${name}`;

/**
 * What a container runtime sets for these words of the manifest: the capabilities are the bounds, and none is inherited;
 * the seccomp profile is its default one.
 */
function rights({ securityContext: { capabilities, privileged } }: Container, without?: string): string[] {
  if (privileged) return [];
  const added = (capabilities?.add ?? []).filter((name) => name !== without);
  const bounds = ['-all', ...added.map((name) => `+${name.toLowerCase()}`)].join(',');
  const limits = [
    '--no-new-privs',
    '--clear-groups',
    '--inh-caps=-all',
    '--ambient-caps=-all',
    `--bounding-set=${bounds}`,
  ];
  const filter = runtimeDefault(added.includes('SYS_ADMIN')).toString('base64');
  return ['setpriv', ...limits, 'node', '-e', CONFINE, filter];
}

async function succeed(result: Promise<ExecResult>, what: string): Promise<void> {
  const { exitCode, stderr, stdout } = await result;
  if (exitCode !== 0) throw new Error(`${what}: exit code ${exitCode}: ${stdout}${stderr}`);
}
