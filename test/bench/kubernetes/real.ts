import { Cluster } from '../../cluster/cluster.ts';
import { monotonicMs } from './clock.ts';
import { MARKER, RANGE, serviceKey, serviceObject, type Size, sliceObject } from './objects.ts';
import type { Order } from './server/protocol.ts';
import type { Sent } from './server/server.ts';

/** Requests under way at once. */
const AT_ONCE = 16;

/** What the API server fills in by itself. */
interface Written {
  readonly metadata: { readonly namespace: string; readonly name: string };
}

/** A real API server over etcd with a cluster of this size, which takes the orders that the other one takes. */
export class RealServer {
  readonly kubeconfig: string;
  readonly #cluster: Cluster;
  readonly #size: Size;
  readonly #times = new Map<number, number>();
  #prepared = 0;

  static async start(size: Size): Promise<RealServer> {
    const cluster = await Cluster.start();
    try {
      const server = new RealServer(cluster, size);
      await server.#fill();
      return server;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(cluster: Cluster, size: Size) {
    this.#cluster = cluster;
    this.#size = size;
    this.kubeconfig = cluster.adminKubeconfig;
  }

  async ask(order: Order): Promise<string> {
    if (order.op === 'send') return JSON.stringify(await this.#send(order.perSecond));
    this.#prepared = Math.min(order.changes, this.#size.services - 1);
    return 'null';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cluster[Symbol.asyncDispose]();
  }

  async #fill(): Promise<void> {
    const { api } = this.#cluster;
    const indexes = Array.from({ length: this.#size.services }, (_, index) => index);
    const namespaces = new Set(indexes.map((index) => serviceKey(index).split('/')[0] ?? ''));
    const cidr = { metadata: { name: 'bench' }, spec: { cidrs: [RANGE] } };
    await api.must('POST', '/apis/networking.k8s.io/v1/servicecidrs', cidr);
    await inParallel([...namespaces], (name) => api.must('POST', '/api/v1/namespaces', { metadata: { name } }));
    await inParallel(indexes, async (index) => {
      const service = written(serviceObject(index, 0));
      await api.must('POST', `/api/v1/namespaces/${service.metadata.namespace}/services`, service);
      const slice = this.#slice(index);
      await api.must('POST', `${SLICES}/${slice.metadata.namespace}/endpointslices`, slice);
    });
  }

  /** The time is that of the request: the way through the API server and etcd is in it. */
  async #send(perSecond: number): Promise<Sent[]> {
    const indexes = Array.from({ length: this.#prepared }, (_, number) => number + 1);
    const begin = monotonicMs();
    const sent = await inParallel(indexes, async (index) => {
      const left = perSecond === 0 ? 0 : begin + ((index - 1) * 1000) / perSecond - monotonicMs();
      if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
      return await this.#change(index);
    });
    return [...sent, await this.#change(MARKER)];
  }

  async #change(index: number): Promise<Sent> {
    this.#times.set(index, (this.#times.get(index) ?? 0) + 1);
    const slice = this.#slice(index);
    const { name, namespace } = slice.metadata;
    const at = monotonicMs();
    await this.#cluster.api.must('PUT', `${SLICES}/${namespace}/endpointslices/${name}`, slice);
    return [serviceKey(index), at];
  }

  #slice(index: number): Written {
    const unready = (this.#times.get(index) ?? 0) % 2 === 0 ? undefined : 1;
    return written(sliceObject(index, this.#size.endpointsEach, { resourceVersion: 0, unready }));
  }
}

const SLICES = '/apis/discovery.k8s.io/v1/namespaces';

function written(object: object): Written {
  const copy = structuredClone(object) as Written & { metadata: Record<string, unknown> };
  for (const field of ['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'managedFields']) {
    delete copy.metadata[field];
  }
  return copy;
}

/** In their order, so many at a time. */
async function inParallel<T, R>(all: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = all.entries();
  const worker = async (): Promise<void> => {
    for (const [index, one] of left) results[index] = await work(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}
