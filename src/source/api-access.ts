import type { KubeConfig } from '@kubernetes/client-node';
import type { ApiAccess, ApiRequestOptions } from './api-client.ts';

/**
 * Where the API server is and who asks, by a kubeconfig or the pod's service account. The library is imported at the
 * first request: it costs most of a second and 84 MB, which neither the other commands nor the other source need.
 */
export function accessBy(kubeconfig: string | undefined): ApiAccess {
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
