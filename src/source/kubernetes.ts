import type { Logger } from 'pino';
import type { NodeMarks } from '../model/drain.ts';
import { SkipList } from '../model/skip-list.ts';
import { type EndpointSlice, type Service, serviceKeyOf, type Snapshot } from '../model/snapshot.ts';
import type { SourceStatus } from '../model/status.ts';
import { accessBy } from './api-access.ts';
import { ApiClient, type ApiTimeouts, timeoutsFor } from './api-client.ts';
import { type ClusterNode, type Decoded, decodeEndpointSlice, decodeNode, decodeService } from './decode.ts';
import { ObjectStore } from './object-store.ts';
import type { Pace } from './reflector-step.ts';
import { Reflector } from './reflector.ts';
import { SliceGroups } from './slice-groups.ts';
import type { OnChange, Source } from './source.ts';

export interface KubernetesSourceOptions {
  /** A kubeconfig file; undefined for the service account of the pod. */
  readonly kubeconfig: string | undefined;
  /** Until an API server that has vanished, or hangs, is noticed, in milliseconds. */
  readonly lostAfterMs: number;
  /** The name of this node. */
  readonly node: string;
  readonly log: Logger;
  /** The rest is for tests. */
  readonly timeouts?: Partial<ApiTimeouts>;
  readonly pace?: Pace;
  readonly now?: () => number;
  readonly random?: () => number;
}

/** kube-proxy's own selector (cmd/kube-proxy/app/server.go). The slice controller copies both labels to slices. */
const LABEL_SELECTOR = '!service.kubernetes.io/service-proxy-name,!service.kubernetes.io/headless';

/**
 * A source that follows the Services, the EndpointSlices and this Node of a cluster. While the API server cannot be reached it keeps
 * what it knows, for as long as that takes. The snapshot is a live view: it changes with every event.
 */
export function createKubernetesSource(options: KubernetesSourceOptions): Source {
  return new KubernetesSource(options);
}

class KubernetesSource implements Source {
  readonly #groups = new SliceGroups();
  readonly #services = new ObjectStore<Service>(decodeService, (...both) => this.#serviceReplaced(...both));
  readonly #slices = new ObjectStore<EndpointSlice>(decodeEndpointSlice, (...both) => this.#sliceReplaced(...both));
  readonly #nodes = new ObjectStore<ClusterNode>(
    (raw) => this.#decodeOwn(raw),
    (_, after) => this.#nodeReplaced(after),
  );
  readonly #name: string;
  readonly #skips = new SkipList();
  readonly #client: ApiClient;
  /** Services and EndpointSlices: without them there is nothing to serve. */
  readonly #required: readonly Reflector[];
  readonly #node: Reflector;
  #zone: string | undefined;
  #labels: Snapshot['labels'];
  #marks: NodeMarks | undefined;
  /** Services that have changed since the last report. */
  #changed = new Set<string>();
  #onChange: OnChange = () => {};

  constructor({ kubeconfig, lostAfterMs, node, timeouts, ...rest }: KubernetesSourceOptions) {
    this.#name = node;
    this.#client = new ApiClient(accessBy(kubeconfig), { ...timeoutsFor(lostAfterMs), ...timeouts });
    const common = { ...rest, client: this.#client, onChange: () => this.#report() };
    const selector = { labelSelector: LABEL_SELECTOR };
    const path = '/apis/discovery.k8s.io/v1/endpointslices';
    this.#required = [
      new Reflector({ ...common, selector, resource: 'services', path: '/api/v1/services', store: this.#services }),
      new Reflector({ ...common, selector, resource: 'endpointslices', path, store: this.#slices }),
    ];
    this.#node = new Reflector({
      ...common,
      resource: 'nodes',
      path: '/api/v1/nodes',
      selector: { fieldSelector: `metadata.name=${node}` },
      store: this.#nodes,
    });
  }

  start(onChange: OnChange): void {
    this.#onChange = onChange;
    for (const reflector of this.#reflectors) reflector.start();
  }

  async stop(): Promise<void> {
    this.#onChange = () => {};
    await Promise.all(this.#reflectors.map((reflector) => reflector.stop()));
    this.#client.close();
  }

  snapshot(): Snapshot {
    this.#skips.set('services', this.#services.skipped);
    this.#skips.set('slices', this.#slices.skipped);
    this.#skips.set('nodes', this.#nodes.skipped);
    return {
      services: this.#services.values,
      slices: this.#groups.groups,
      zone: this.#zone,
      labels: this.#labels,
      marks: this.#marks,
      skipped: this.#skips.all,
    };
  }

  status(): SourceStatus {
    const server = this.#client.address;
    const contacts = this.#required.flatMap(({ lastContactAt }) => lastContactAt ?? []);
    return {
      kind: 'kubernetes',
      synced: this.#synced,
      // The source is as fresh as the older of its two halves.
      lastContactAt: contacts.length === this.#required.length ? Math.min(...contacts) : undefined,
      problem: this.#reflectors.find(({ problem }) => problem !== undefined)?.problem,
      services: this.#services.values.size,
      slices: this.#slices.values.size,
      ...(server !== undefined && { server }),
    };
  }

  get #reflectors(): readonly Reflector[] {
    return [...this.#required, this.#node];
  }

  /** The field selector asks for this Node alone; that another one is drained must never be taken for an order to this one. */
  #decodeOwn(raw: unknown): Decoded<ClusterNode> {
    const decoded = decodeNode(raw);
    return decoded.value && decoded.value.name !== this.#name ? { value: undefined, skipped: [] } : decoded;
  }

  /** The Node says which endpoints are near. That it cannot be read stops nobody from being served. */
  get #synced(): boolean {
    const answered = this.#node.synced || this.#node.problem !== undefined;
    return answered && this.#required.every(({ synced }) => synced);
  }

  #serviceReplaced(before: Service | undefined, after: Service | undefined): void {
    for (const service of [before, after]) if (service) this.#changed.add(`${service.namespace}/${service.name}`);
  }

  #sliceReplaced(before: EndpointSlice | undefined, after: EndpointSlice | undefined): void {
    this.#groups.replace(before, after);
    for (const slice of [before, after]) if (slice) this.#changed.add(serviceKeyOf(slice));
  }

  /**
   * A Node that is deleted while its machine still runs has not asked to be announced again. In another zone every
   * Service may have other endpoints.
   */
  #nodeReplaced(node: ClusterNode | undefined): void {
    this.#marks = node?.marks ?? this.#marks;
    this.#labels = node?.labels;
    if (node?.zone === this.#zone) return;
    this.#zone = node?.zone;
    for (const key of this.#services.values.keys()) this.#changed.add(key);
  }

  #report(): void {
    const changed = this.#changed;
    this.#changed = new Set();
    this.#onChange(changed);
  }
}
