import type { Logger } from 'pino';
import type { ApiClient } from '../source/api-client.ts';
import { isObject, objectAt, textAt } from '../source/json.ts';
import { ObjectStore } from '../source/object-store.ts';
import { PACE } from '../source/reflector-step.ts';
import { Reflector } from '../source/reflector.ts';
import { decodeLease, type Lease, LEASE_SELECTOR } from './lease.ts';

/** What the others hold, and what is wrong with the Leases that count for nothing, one line each. */
export interface OtherLeases {
  readonly leases: readonly Lease[];
  readonly problems: readonly string[];
}

interface Found {
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly lease: ReturnType<typeof decodeLease>;
}

function found(raw: unknown): { value: Found; skipped: [] } {
  const metadata = isObject(raw) ? objectAt(raw, 'metadata') : {};
  const [name, version] = ['name', 'resourceVersion'].map((key) => textAt(metadata, key));
  return { value: { name, version, lease: decodeLease(raw) }, skipped: [] };
}

export interface LeaseWatchOptions {
  readonly client: ApiClient;
  /** Of all Leases of the namespace. */
  readonly path: string;
  /** How often a watch that breaks is taken up again at most, in milliseconds. */
  readonly longestDelayMs: number;
  readonly log: Logger;
}

/** What was written was not shown in time. */
export class Unshown extends Error {}

/** All Leases of agents as a watch shows them. */
export class LeaseWatch {
  readonly #store = new ObjectStore<Found>(found, () => {});
  readonly #reflector: Reflector;
  #onChange = (): void => {};
  /** Who waits for something to be shown. */
  #look = (): void => {};

  constructor({ client, log, longestDelayMs, path }: LeaseWatchOptions) {
    this.#reflector = new Reflector({
      client,
      path,
      resource: 'leases',
      selector: { labelSelector: LEASE_SELECTOR },
      store: this.#store,
      pace: { ...PACE, firstDelayMs: longestDelayMs / 16, longestDelayMs },
      // What is known of the others is told by whoever asks for it.
      log: log.child({}, { level: 'silent' }),
      onChange: () => this.#changed(),
    });
  }

  get problem(): string | undefined {
    return this.#reflector.problem;
  }

  /** @param onChange called whenever something may be another than before, and all that is shown is of one moment */
  start(onChange: () => void): void {
    this.#onChange = onChange;
    this.#reflector.start();
  }

  stop(): Promise<void> {
    this.#onChange = () => {};
    return this.#reflector.stop();
  }

  /** Resolves once the Lease with this name is shown in this version; rejects with an Unshown when the signal comes first. */
  async shows(name: string, version: string, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const aborted = (): void => reject(new Unshown(`no watch shows the Lease ${name} as it was just written`));
    signal.addEventListener('abort', aborted);
    this.#look = () => {
      const own = [...this.#store.values.values()].find((one) => one.name === name);
      if (this.#reflector.isFollowing && own?.version === version) resolve();
    };
    this.#look();
    if (signal.aborted) aborted();
    await promise.finally(() => {
      signal.removeEventListener('abort', aborted);
      this.#look = () => {};
    });
  }

  /** All but the one with this name. */
  others(name: string): OtherLeases {
    const others = [...this.#store.values.values()].filter((one) => one.name !== name).map(({ lease }) => lease);
    return {
      leases: others.flatMap((one) => ('problem' in one ? [] : [one])),
      problems: others.flatMap((one) => ('problem' in one ? [one.problem] : [])),
    };
  }

  /** While everything is read anew, old and new stand beside each other. */
  #changed(): void {
    if (!this.#reflector.isFollowing) return;
    this.#look();
    this.#onChange();
  }
}
