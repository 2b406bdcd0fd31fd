import type { ApiClient } from '../source/api-client.ts';
import { ApiRefusal } from '../source/api-refusal.ts';
import { brief, isObject, objectAt } from '../source/json.ts';
import type { LeaseWatch, OtherLeases } from './lease-watch.ts';
import { encodeLease, leaseName, type OwnLease, type Revision, revisionOf } from './lease.ts';

/** Whose Lease is written, and where. */
export interface LeasePlace {
  readonly node: string;
  readonly namespace: string;
}

/** A write that meets the change of another one starts from what is there now, so often at most. */
const ATTEMPTS = 3;

export const leasesPath = (namespace: string): string => `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;

/** The Leases of a namespace: our own is written, all are read. One call at a time. */
export class LeaseApi {
  readonly #client: ApiClient;
  readonly #watch: LeaseWatch;
  readonly #node: string;
  readonly #name: string;
  readonly #path: string;
  /** Our own Lease as it was last seen; undefined where there is none that we know of. */
  #revision: Revision | undefined;

  constructor(client: ApiClient, watch: LeaseWatch, { namespace, node }: LeasePlace) {
    this.#client = client;
    this.#watch = watch;
    this.#node = node;
    this.#name = leaseName(node);
    this.#path = leasesPath(namespace);
  }

  /**
   * Creates or updates our Lease. When it resolves, the server has acknowledged exactly this one. When it throws, the
   * server may have written it, and may yet do so until the next renewal: never after.
   */
  async renew(own: OwnLease, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        this.#revision = revisionOf(await this.#write(own, signal));
        return;
      } catch (error) {
        if (attempt === ATTEMPTS || !isRefusal(error, 404, 409)) throw error;
        this.#revision = await this.#find(signal);
      }
    }
  }

  /**
   * The Leases of all others, of one moment after the last renewal was acknowledged. That the watch shows our own as it was
   * written then proves it: a watch brings the changes of a resource in the order in which they were made, and what it
   * follows is a reading of one revision of the whole storage. Of two agents that write first and read then, the second
   * one to write therefore sees what the first one wrote.
   */
  async readOthers(signal: AbortSignal): Promise<OtherLeases> {
    if (this.#revision === undefined) throw new Error('expected a Lease of our own to have been written');
    await this.#watch.shows(this.#name, this.#revision.resourceVersion, signal);
    return this.others;
  }

  /** What the watch shows of them now. */
  get others(): OtherLeases {
    return this.#watch.others(this.#name);
  }

  /** Deletes our Lease as we left it, and not that of an agent that has come after us. */
  async release(signal: AbortSignal): Promise<void> {
    if (this.#revision === undefined) return;
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: this.#revision };
    await this.#client.write({ method: 'DELETE', path: `${this.#path}/${this.#name}`, body }, signal);
  }

  #write(own: OwnLease, signal: AbortSignal): Promise<unknown> {
    const body = encodeLease(own, this.#revision);
    return this.#revision === undefined
      ? this.#client.write({ method: 'POST', path: this.#path, body }, signal)
      : this.#client.write({ method: 'PUT', path: `${this.#path}/${this.#name}`, body }, signal);
  }

  /** Our own Lease as it is now. That of an earlier agent on this node is ours; anybody else's is left alone. */
  async #find(signal: AbortSignal): Promise<Revision | undefined> {
    try {
      const found = await this.#client.get(`${this.#path}/${this.#name}`, {}, signal);
      const { holderIdentity: holder } = objectAt(isObject(found) ? found : {}, 'spec');
      if (holder === this.#node) return revisionOf(found);
      throw new Error(`expected the Lease ${this.#name} to be held by ${this.#node}, found ${brief(holder)}`);
    } catch (error) {
      if (isRefusal(error, 404)) return undefined;
      throw error;
    }
  }
}

const isRefusal = (error: unknown, ...statuses: readonly number[]): boolean =>
  error instanceof ApiRefusal && statuses.includes(error.status);
