import type { KubeConfig } from '@kubernetes/client-node';
import type { Logger } from 'pino';
import type { EndpointSlice, Service, Snapshot } from '../model/snapshot.ts';
import type { SourceStatus } from '../model/status.ts';
import { type ApiAccess, ApiClient, type ApiRequestOptions, type ApiTimeouts } from './api-client.ts';
import { decodeEndpointSlice, decodeService } from './decode.ts';
import { ObjectStore } from './object-store.ts';
import type { Pace } from './reflector-step.ts';
import { Reflector } from './reflector.ts';
import type { Source } from './source.ts';

export interface KubernetesSourceOptions {
  /** A kubeconfig file; undefined for the service account of the pod. */
  readonly kubeconfig: string | undefined;
  readonly log: Logger;
  /** The rest is for tests. */
  readonly timeouts?: ApiTimeouts;
  readonly pace?: Pace;
  readonly now?: () => number;
  readonly random?: () => number;
}

/** kube-proxy's own selector (cmd/kube-proxy/app/server.go). The slice controller copies both labels to slices. */
const LABEL_SELECTOR = '!service.kubernetes.io/service-proxy-name,!service.kubernetes.io/headless';

/**
 * A source that follows the Services and EndpointSlices of a cluster. While the API server cannot be reached it keeps
 * what it knows, for as long as that takes. The snapshot is a live view: it changes with every event.
 */
export function createKubernetesSource(options: KubernetesSourceOptions): Source {
  return new KubernetesSource(options);
}

class KubernetesSource implements Source {
  readonly #services = new ObjectStore<Service>(decodeService);
  readonly #slices = new ObjectStore<EndpointSlice>(decodeEndpointSlice);
  readonly #client: ApiClient;
  readonly #reflectors: readonly Reflector[];
  #onChange: () => void = () => {};

  constructor({ kubeconfig, timeouts, ...rest }: KubernetesSourceOptions) {
    this.#client = new ApiClient(accessBy(kubeconfig), timeouts);
    const common = { ...rest, client: this.#client, labelSelector: LABEL_SELECTOR, onChange: () => this.#onChange() };
    this.#reflectors = [
      new Reflector({ ...common, resource: 'services', path: '/api/v1/services', store: this.#services }),
      new Reflector({
        ...common,
        resource: 'endpointslices',
        path: '/apis/discovery.k8s.io/v1/endpointslices',
        store: this.#slices,
      }),
    ];
  }

  start(onChange: () => void): void {
    this.#onChange = onChange;
    for (const reflector of this.#reflectors) reflector.start();
  }

  async stop(): Promise<void> {
    this.#onChange = () => {};
    await Promise.all(this.#reflectors.map((reflector) => reflector.stop()));
    this.#client.close();
  }

  snapshot(): Snapshot {
    const skipped = [...this.#services.skipped, ...this.#slices.skipped];
    return { services: this.#services.values, slices: this.#slices.values, skipped };
  }

  status(): SourceStatus {
    const contacts = this.#reflectors.flatMap(({ lastContactAt }) => lastContactAt ?? []);
    return {
      kind: 'kubernetes',
      synced: this.#reflectors.every(({ synced }) => synced),
      // The source is as fresh as the older of its two halves.
      lastContactAt: contacts.length === this.#reflectors.length ? Math.min(...contacts) : undefined,
      problem: this.#reflectors.find(({ problem }) => problem !== undefined)?.problem,
      services: this.#services.values.size,
      slices: this.#slices.values.size,
    };
  }
}

/**
 * Where the API server is and who asks, by a kubeconfig or the pod's service account. The library is imported at the
 * first request: it costs most of a second and 84 MB, which neither the other commands nor the other source need.
 */
function accessBy(kubeconfig: string | undefined): ApiAccess {
  let loaded: KubeConfig | undefined;
  return {
    async request() {
      loaded ??= await loadKubeConfig(kubeconfig);
      const cluster = loaded.getCurrentCluster();
      if (!cluster)
        throw new Error(`expected a current context with a cluster in ${kubeconfig ?? 'the service account'}`);
      const options: ApiRequestOptions = {};
      await loaded.applyToHTTPSOptions(options);
      // Its agent keeps the certificates of the time it was made; only one that goes through a proxy is needed.
      if (!cluster.proxyUrl) delete options.agent;
      return { server: cluster.server, options };
    },
    forget() {
      loaded = undefined;
    },
  };
}

async function loadKubeConfig(file: string | undefined): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  if (file !== undefined) config.loadFromFile(file);
  else config.loadFromCluster();
  const server = config.getCurrentCluster()?.server;
  // Outside of a cluster, loadFromCluster makes a host name of the missing variable.
  if (server?.startsWith('https://undefined:')) throw new Error('this is no pod: KUBERNETES_SERVICE_HOST is not set');
  return config;
}
