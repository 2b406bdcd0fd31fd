import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { agentPod, RIGHTS } from './agent-account.ts';
import { AdminApi } from './api.ts';
import { apiServerArguments, type ApiServerPlace, etcdArguments, etcdUrl } from './arguments.ts';
import { type AuditedRequest, auditedRequests } from './audit.ts';
import { Daemon } from './daemon.ts';
import { ADMIN_TOKEN, type Credentials, FILES, kubeconfigOf, writeApiServerFiles } from './files.ts';
import { type ClusterPrograms, clusterPrograms } from './programs.ts';

const HOST = '127.0.0.1';

/**
 * A control plane on the loopback of this machine: a real etcd and a real kube-apiserver with RBAC, in a folder of its own.
 * Nothing else of Kubernetes runs: who wants EndpointSlices, Nodes or Leases writes them. Up in some 4 seconds.
 *
 *     await using cluster = await Cluster.start();
 *     await cluster.installRights();
 *     await cluster.api.put(service('web', '10.99.66.10'));
 *     const kubeconfig = await cluster.agentKubeconfig('lb-1');
 */
export class Cluster {
  /** `https://127.0.0.1:PORT`, the same after a restart. */
  readonly url: string;
  /** Requests as an administrator. */
  readonly api: AdminApi;
  /** The kubeconfig of an administrator, a file. */
  readonly adminKubeconfig: string;
  readonly etcd: Daemon;
  readonly #apiServer: Daemon;
  readonly #kubectl: string;
  readonly #place: ApiServerPlace;

  /** @param gates feature gates of the API server: `{ WatchList: false }` for one that has no watch-list */
  static async start({ gates = {} }: Pick<ApiServerPlace, 'gates'> = {}): Promise<Cluster> {
    const programs = clusterPrograms();
    const folder = await mkdtemp(join(tmpdir(), 'fairlead-cluster-'));
    const [client, peer, port] = await freePorts();
    const etcd = { folder, address: HOST, ports: [client, peer] } as const;
    const cluster = new Cluster(programs, { folder, address: HOST, port, etcd, gates });
    try {
      await cluster.#create();
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor({ apiServer, etcd, kubectl }: ClusterPrograms, place: ApiServerPlace) {
    this.#kubectl = kubectl;
    this.#place = place;
    this.url = `https://${place.address}:${place.port}`;
    this.api = new AdminApi(this.url, this.file(FILES.certificate));
    this.adminKubeconfig = this.file('admin.kubeconfig');
    this.etcd = new Daemon([etcd, ...etcdArguments(place.etcd)], this.file('etcd.log'));
    this.#apiServer = new Daemon([apiServer, ...apiServerArguments(place)], this.file('apiserver.log'));
  }

  async #create(): Promise<void> {
    await writeApiServerFiles(this.#place.folder);
    await writeFile(this.adminKubeconfig, this.#kubeconfig({ token: ADMIN_TOKEN }));
    await Promise.all([this.etcd.start(() => this.#etcdAnswers()), this.startApiServer()]);
  }

  /** The process of the API server: see `killApiServer`, `freezeApiServer`. */
  get apiServerPid(): number | undefined {
    return this.#apiServer.pid;
  }

  /** Starts an API server that has been killed, at the same address; resolves once it is ready. */
  startApiServer(): Promise<void> {
    return this.#apiServer.start(() => this.#isReady());
  }

  /** As a power cut does. */
  killApiServer(): Promise<void> {
    return this.#apiServer.kill();
  }

  /** Its kernel acknowledges everything, and it answers nothing, until it is thawed. */
  freezeApiServer(): void {
    this.#apiServer.freeze();
  }

  thawApiServer(): void {
    this.#apiServer.thaw();
  }

  /**
   * Makes etcd forget every revision but the last. As long as the API server runs, it has the newer ones in its own
   * memory and nobody notices; once it has been restarted, a watch from an older version is `too old`.
   */
  async compact(): Promise<void> {
    const { header } = await this.#askEtcd<{ header: { revision: string } }>('/v3/kv/range', { key: 'AA==' });
    await this.#askEtcd('/v3/kv/compaction', { revision: header.revision, physical: true });
  }

  /** What kubectl prints, as an administrator. Rejects where it fails. */
  async kubectl(...args: readonly string[]): Promise<string> {
    return this.kubectlWith('', ...args);
  }

  /** The same with something on its stdin, for `apply -f -`. */
  async kubectlWith(input: string, ...args: readonly string[]): Promise<string> {
    const own = ['--kubeconfig', this.adminKubeconfig, '--cache-dir', this.file('kubectl')];
    const { stdout } = await execa(this.#kubectl, [...own, ...args], { input });
    return stdout;
  }

  /** Applies what deploy/kustomize/base has of it: the namespace and the account of the agents, with their rights. */
  async installRights(): Promise<void> {
    await this.kubectl('apply', ...RIGHTS.flatMap((file) => ['-f', file]));
  }

  /** A kubeconfig, a file, with a token of the agents' account, after `installRights`: see `agentToken`. */
  async agentKubeconfig(node?: string): Promise<string> {
    return this.kubeconfigFor({ token: await this.agentToken(node) });
  }

  /**
   * A token as kubelet gets one for the agent's pod on a node (TokenRequest): it names the node, which is what
   * the policies let an agent write about. Without a node, a token that names none.
   */
  async agentToken(node?: string): Promise<string> {
    const create = ['create', 'token', 'fairlead', '--namespace', 'fairlead'];
    if (node === undefined) return this.kubectl(...create);
    const { metadata } = await this.api.put(agentPod(node));
    return this.kubectl(...create, '--bound-object-kind', 'Pod', '--bound-object-name', metadata.name);
  }

  /** A kubeconfig, a new file, for anybody. */
  async kubeconfigFor(user: Credentials): Promise<string> {
    const file = join(await mkdtemp(this.file('user-')), 'kubeconfig');
    await writeFile(file, this.#kubeconfig(user));
    return file;
  }

  /** The path of a file in the folder of the cluster: see FILES. */
  file(name: string): string {
    return join(this.#place.folder, name);
  }

  /** All that has been asked of the API server so far. */
  async audit(): Promise<AuditedRequest[]> {
    return auditedRequests(await readFile(this.file(FILES.auditLog), 'utf8'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.api.close();
    await Promise.all([this.#apiServer.kill(), this.etcd.kill()]);
    await rm(this.#place.folder, { recursive: true, force: true });
  }

  #kubeconfig(user: Credentials): string {
    return kubeconfigOf(this.url, this.file(FILES.certificate), user);
  }

  #isReady(): Promise<boolean> {
    return this.api.ask('GET', '/readyz').then(
      ({ status }) => status === 200,
      () => false,
    );
  }

  #etcdAnswers(): Promise<boolean> {
    return fetch(`${etcdUrl(this.#place.etcd)}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  /** etcd's gRPC gateway: the calls of its API as JSON. */
  async #askEtcd<T>(path: string, body: object): Promise<T> {
    const answer = await fetch(etcdUrl(this.#place.etcd) + path, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`etcd: ${path}: HTTP ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }
}

/** Three ports that nobody listens on. */
async function freePorts(): Promise<[number, number, number]> {
  const servers = [createServer(), createServer(), createServer()] as const;
  await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.listen(0, HOST, resolve))));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports as [number, number, number];
}
