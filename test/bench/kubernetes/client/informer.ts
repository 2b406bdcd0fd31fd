/** client-node's own informers, as its documentation has them. Usage: informer.ts KUBECONFIG */
import { CoreV1Api, DiscoveryV1Api, KubeConfig, makeInformer, type V1EndpointSlice } from '@kubernetes/client-node';
import { type Follower, serve } from './client.ts';

const config = new KubeConfig();
config.loadFromFile(process.argv[2] ?? '');

const informers: Follower = {
  async follow(onChange) {
    const core = config.makeApiClient(CoreV1Api);
    const discovery = config.makeApiClient(DiscoveryV1Api);
    const services = makeInformer(config, '/api/v1/services', () => core.listServiceForAllNamespaces());
    const slices = makeInformer(config, '/apis/discovery.k8s.io/v1/endpointslices', () =>
      discovery.listEndpointSliceForAllNamespaces(),
    );
    for (const informer of [services, slices]) informer.on('error', fail);
    slices.on('update', (slice) => onChange(serviceOf(slice)));
    // Resolves behind the list, once the watch has been accepted.
    await Promise.all([services.start(), slices.start()]);
  },
};

/** They end for good with their first error. */
function fail(error: unknown): never {
  throw error;
}

const serviceOf = ({ metadata }: V1EndpointSlice): string =>
  `${metadata?.namespace}/${metadata?.labels?.['kubernetes.io/service-name']}`;

await serve(informers);
