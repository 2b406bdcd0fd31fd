import type { Logger } from 'pino';
import type { Skipped } from '../model/snapshot.ts';
import { accessBy } from './api-access.ts';
import { ApiClient, type ApiTimeouts, timeoutsFor } from './api-client.ts';
import { ObjectStore } from './object-store.ts';
import type { Pace } from './reflector-step.ts';
import { Reflector } from './reflector.ts';
import { decodeServiceCidr, type ServiceCidr } from './service-cidr.ts';

export interface ServiceCidrsOptions {
  /** A kubeconfig file; undefined for the service account of the pod. */
  readonly kubeconfig: string | undefined;
  /** Until an API server that has vanished, or hangs, is noticed, in milliseconds. */
  readonly lostAfterMs: number;
  readonly log: Logger;
  /** The rest is for tests. */
  readonly timeouts?: Partial<ApiTimeouts>;
  readonly pace?: Pace;
}

/** Where the ServiceCIDRs are. GA since Kubernetes 1.33 (KEP-1880); a cluster before it answers 404. */
const PATH = '/apis/networking.k8s.io/v1/servicecidrs';

/** The ServiceCIDRs of a cluster, followed. What was known stays known while the API server cannot be asked. */
export class ServiceCidrs {
  readonly #store: ObjectStore<ServiceCidr>;
  readonly #client: ApiClient;
  readonly #reflector: Reflector;
  #onChange = (): void => {};

  constructor({ kubeconfig, lostAfterMs, timeouts, ...rest }: ServiceCidrsOptions) {
    this.#store = new ObjectStore<ServiceCidr>(decodeServiceCidr, () => {});
    this.#client = new ApiClient(accessBy(kubeconfig), { ...timeoutsFor(lostAfterMs), ...timeouts });
    const onChange = (): void => this.#onChange();
    const reading = { resource: 'servicecidrs', path: PATH, selector: {}, client: this.#client, store: this.#store };
    this.#reflector = new Reflector({ ...rest, ...reading, onChange });
  }

  /** Begins to follow them. `onChange` is called when something may have changed. */
  start(onChange: () => void): void {
    this.#onChange = onChange;
    this.#reflector.start();
  }

  /** Resolves once no timer and no connection is left. */
  async stop(): Promise<void> {
    this.#onChange = () => {};
    await this.#reflector.stop();
    this.#client.close();
  }

  /** Whether all of them have been read at least once. */
  get synced(): boolean {
    return this.#reflector.synced;
  }

  /** Why they cannot be read at the moment; undefined while they can. */
  get problem(): string | undefined {
    return this.#reflector.problem;
  }

  get all(): readonly ServiceCidr[] {
    return [...this.#store.values.values()];
  }

  /** What could not be used: the same array for as long as nothing about it changes. */
  get skipped(): readonly Skipped[] {
    return this.#store.skipped;
  }
}
