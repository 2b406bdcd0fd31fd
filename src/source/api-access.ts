import type { Cluster, KubeConfig, User } from '@kubernetes/client-node';
import type { ApiAccess, ApiRequestOptions } from './api-client.ts';
import { AskedUser } from './api-user.ts';

/**
 * Where the API server is and who asks, by a kubeconfig or the pod's service account. Each request asks anew, and everything
 * that stands in a file is read again: certificates for each request, the token of a service account once a minute, and
 * all of it after an error. The library is imported at the first request: in the bundle it takes 0.2 s and 21 MiB, which
 * neither the other commands nor the other source need.
 * @param pluginMs how long an exec plugin may take
 */
export function accessBy(kubeconfig: string | undefined, pluginMs?: number): ApiAccess {
  const asked = new AskedUser(pluginMs);
  let loaded: KubeConfig | undefined;
  return {
    async request() {
      loaded ??= await loadKubeConfig(kubeconfig);
      const config = loaded;
      const cluster = config.getCurrentCluster();
      const user = config.getCurrentUser();
      if (!cluster)
        throw new Error(`expected a current context with a cluster in ${kubeconfig ?? 'the service account'}`);
      const resolved = user && (await asked.resolve(user));
      const options: ApiRequestOptions = {};
      const applied = resolved && resolved !== user ? await configOf(cluster, resolved) : config;
      await applied.applyToHTTPSOptions(options);
      // A file most often ends with the end of a line, which is none of the token.
      const { authorization, Authorization = authorization, ...headers } = options.headers ?? {};
      if (Authorization !== undefined) options.headers = { ...headers, Authorization: String(Authorization).trim() };
      // Its agent keeps the certificates of the time it was made; only one that goes through a proxy is needed.
      if (!cluster.proxyUrl) delete options.agent;
      return { server: cluster.server, options };
    },
    forget(isRefused) {
      loaded = undefined;
      if (isRefused) asked.forget();
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

async function configOf(cluster: Cluster, user: User): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromClusterAndUser(cluster, user);
  return config;
}
