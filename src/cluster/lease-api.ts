import { type ApiClient, ApiRefusal } from '../source/api-client.ts';
import { arrayAt, brief, isObject, objectAt } from '../source/json.ts';
import {
  decodeLease,
  encodeLease,
  type Lease,
  LEASE_SELECTOR,
  leaseName,
  type OwnLease,
  type Revision,
  revisionOf,
} from './lease.ts';

/** Whose Lease is written, and where. */
export interface LeasePlace {
  readonly node: string;
  readonly namespace: string;
}

/** Whatever is left of our Lease, and what the others hold. */
export interface OtherLeases {
  readonly leases: readonly Lease[];
  /** What is wrong with those that count for nothing, one line each. */
  readonly problems: readonly string[];
}

/** A write that meets the change of another one starts from what is there now, so often at most. */
const ATTEMPTS = 3;

/** The Leases of a namespace: our own is written, all are read. One call at a time. */
export class LeaseApi {
  readonly #client: ApiClient;
  readonly #node: string;
  readonly #name: string;
  readonly #path: string;
  /** Our own Lease as it was last seen; undefined where there is none that we know of. */
  #revision: Revision | undefined;

  constructor(client: ApiClient, { namespace, node }: LeasePlace) {
    this.#client = client;
    this.#node = node;
    this.#name = leaseName(node);
    this.#path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
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
   * The Leases of all others, of one moment after the last renewal was acknowledged. That the list shows our own as it
   * was written then proves it, whatever cache it may come from: a list is of one revision of the whole storage. Of
   * two agents that write first and read then, the second one to write therefore sees what the first one wrote.
   */
  async readOthers(signal: AbortSignal): Promise<OtherLeases> {
    const list = await this.#client.get(this.#path, { labelSelector: LEASE_SELECTOR }, signal);
    const items = isObject(list) ? arrayAt(list, 'items') : [];
    const own = items.find((item) => nameOf(item) === this.#name);
    if (own === undefined || revisionOf(own).resourceVersion !== this.#revision?.resourceVersion) {
      throw new Error(`expected a list with the Lease ${this.#name} as it was just written, found an older one`);
    }
    const decoded = items.filter((item) => item !== own).map(decodeLease);
    return {
      leases: decoded.flatMap((one) => ('problem' in one ? [] : [one])),
      problems: decoded.flatMap((one) => ('problem' in one ? [one.problem] : [])),
    };
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

const nameOf = (item: unknown): unknown => objectAt(isObject(item) ? item : {}, 'metadata')['name'];

const isRefusal = (error: unknown, ...statuses: readonly number[]): boolean =>
  error instanceof ApiRefusal && statuses.includes(error.status);
