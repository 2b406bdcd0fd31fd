import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Lab } from '../../../lab/lab.ts';
import type { LabProcess } from '../../../lab/process.ts';
import { apiServerArguments, etcdArguments, etcdUrl } from '../../cluster/arguments.ts';
import { type AuditedRequest, auditedRequests } from '../../cluster/audit.ts';
import { agentPod, RIGHTS } from '../../cluster/agent-account.ts';
import { ADMIN_TOKEN, FILES, kubeconfigOf, writeApiServerFiles } from '../../cluster/files.ts';
import { type ClusterPrograms, clusterPrograms } from '../../cluster/programs.ts';
import type { ApiObject } from '../../scenario/api-objects.ts';
import { eventually } from '../patience.ts';

/** The node of the lab it runs in, and its address on the cluster network. */
const NODE = 'fab';
const ADDRESS = '10.1.0.1';
/** The same path in every node of the lab. */
const FOLDER = '/var/lib/control-plane';
const ETCD = { folder: FOLDER, address: ADDRESS, ports: [2379, 2380] } as const;
const API_SERVER = { folder: FOLDER, address: ADDRESS, port: 6443, etcd: ETCD } as const;
const URL = `https://${ADDRESS}:${API_SERVER.port}`;
const CERTIFICATE = join(FOLDER, FILES.certificate);
const ADMIN = join(FOLDER, 'admin.kubeconfig');

/** A real etcd and a real kube-apiserver in the lab, with the rights of deploy/kustomize/base, and kubectl beside them. */
export class ControlPlane {
  readonly #lab: Lab;
  readonly #programs: ClusterPrograms;
  #apiServer: LabProcess | undefined;

  /** Resolves once it is ready: in an emulated machine, 20 to 40 seconds. */
  static async start(lab: Lab): Promise<ControlPlane> {
    const controlPlane = new ControlPlane(lab);
    await controlPlane.#run('ip', 'address', 'add', `${ADDRESS}/24`, 'dev', 'br0');
    await controlPlane.#writeFiles();
    await controlPlane.#spawn('etcd', [controlPlane.#programs.etcd, ...etcdArguments(ETCD)]);
    await controlPlane.startApiServer();
    const rights = await Promise.all(RIGHTS.map((file) => readFile(file, 'utf8')));
    await controlPlane.kubectl(rights.join('---\n'), 'apply', '-f', '-');
    return controlPlane;
  }

  private constructor(lab: Lab) {
    this.#lab = lab;
    this.#programs = clusterPrograms();
  }

  async startApiServer(): Promise<void> {
    this.#apiServer = await this.#spawn('apiserver', [this.#programs.apiServer, ...apiServerArguments(API_SERVER)]);
    await eventually(() => this.#isReady(), 180_000, 1000);
  }

  async killApiServer(): Promise<void> {
    await this.#apiServer?.kill('SIGKILL');
  }

  /** Makes etcd forget every revision but the last. */
  async compact(): Promise<void> {
    await this.#run('node', '--single-threaded', '-e', COMPACT, etcdUrl(ETCD));
  }

  /** What kubectl prints, as an administrator, with something on its stdin. Rejects where it fails. */
  kubectl(input: string, ...args: readonly string[]): Promise<string> {
    const own = ['--kubeconfig', ADMIN, '--cache-dir', join(FOLDER, 'kubectl')];
    return this.#runWith(input, this.#programs.kubectl, ...own, ...args);
  }

  /** `kubectl apply`: creates objects, or makes them what they are here. */
  async apply(...items: readonly ApiObject[]): Promise<void> {
    await this.kubectl(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }), 'apply', '-f', '-');
  }

  /** A kubeconfig with the token that kubelet gets for the agent's pod on a node. */
  async agentKubeconfig(node: string): Promise<string> {
    const pod = agentPod(node);
    await this.apply(pod);
    const bound = ['--bound-object-kind', 'Pod', '--bound-object-name', pod.metadata.name];
    const token = await this.kubectl('', 'create', 'token', 'fairlead', '--namespace', 'fairlead', ...bound);
    return kubeconfigOf(URL, CERTIFICATE, { token: token.trim() });
  }

  /** All that has been asked of the API server so far. */
  async audit(): Promise<AuditedRequest[]> {
    return auditedRequests(await this.#lab.readFile(NODE, join(FOLDER, FILES.auditLog)));
  }

  async #isReady(): Promise<boolean> {
    const argv = [this.#programs.kubectl, '--kubeconfig', ADMIN, 'get', '--raw', '/readyz'];
    const { stdout } = await this.#lab.exec(NODE, argv, { timeoutMs: 60_000 });
    return stdout.trim() === 'ok';
  }

  async #writeFiles(): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'fairlead-control-plane-'));
    try {
      await writeApiServerFiles(folder);
      for (const name of await readdir(folder)) await this.#write(name, await readFile(join(folder, name), 'utf8'));
    } finally {
      await rm(folder, { recursive: true });
    }
    await this.#write('admin.kubeconfig', kubeconfigOf(URL, CERTIFICATE, { token: ADMIN_TOKEN }));
  }

  #write(name: string, text: string): Promise<void> {
    return this.#lab.writeFile(NODE, join(FOLDER, name), text);
  }

  #spawn(name: string, argv: readonly string[]): Promise<LabProcess> {
    return this.#lab.spawn(NODE, argv, { log: join(FOLDER, `${name}.log`) });
  }

  #run(...argv: readonly string[]): Promise<string> {
    return this.#runWith('', ...argv);
  }

  async #runWith(input: string, ...argv: readonly string[]): Promise<string> {
    const { exitCode, stderr, stdout } = await this.#lab.exec(NODE, argv, { input, timeoutMs: 60_000 });
    if (exitCode !== 0) throw new Error(`${argv.join(' ')}: exit code ${exitCode}: ${stderr}${stdout}`);
    return stdout;
  }
}

/** By etcd's gRPC gateway. */
const COMPACT = `
const [url] = process.argv.slice(-1);
const ask = async (path, body) => {
  const answer = await fetch(url + path, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
};
ask('/v3/kv/range', { key: 'AA==' }).then(({ header }) =>
  ask('/v3/kv/compaction', { revision: header.revision, physical: true }));
`;
