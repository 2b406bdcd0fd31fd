import { formatEndpoint, type VirtualServerKey, virtualServerKey } from '../../model/virtual-server.ts';
import type { IpvsOperation, IpvsTable } from './plan.ts';
import type { IpvsDestination, IpvsService } from './want.ts';

interface Standing extends IpvsService {
  readonly destinations: Map<string, IpvsDestination>;
}

/** What the kernel holds of ours as far as we know: the last reading of each service, and our own changes since. */
export class KnownTable {
  readonly #services = new Map<VirtualServerKey, Standing>();

  constructor(table: IpvsTable) {
    for (const [key, service] of table) this.set(key, service);
  }

  keys(): Iterable<VirtualServerKey> {
    return this.#services.keys();
  }

  get(key: VirtualServerKey): IpvsService | undefined {
    return this.#services.get(key);
  }

  /** Takes over a reading; undefined where it found nothing. */
  set(key: VirtualServerKey, service: IpvsService | undefined): void {
    if (service === undefined) this.#services.delete(key);
    else this.#services.set(key, { ...service, destinations: new Map(service.destinations) });
  }

  /** Takes over a change that the kernel has acknowledged. */
  acknowledge(operation: IpvsOperation): void {
    const { kind, service } = operation;
    const key = virtualServerKey(service);
    const destinations = this.#services.get(key)?.destinations ?? new Map<string, IpvsDestination>();
    if (kind === 'delete-service') this.#services.delete(key);
    else if (!('destination' in operation)) this.#services.set(key, { ...service, destinations });
    else if (kind === 'delete-destination') destinations.delete(formatEndpoint(operation.destination));
    else destinations.set(formatEndpoint(operation.destination), operation.destination);
  }
}
