import type { IpvsOperation, IpvsTable } from '../../../src/dataplane/ipvs/plan.ts';
import type { IpvsService } from '../../../src/dataplane/ipvs/want.ts';
import { formatEndpoint, virtualServerKey } from '../../../src/model/virtual-server.ts';

/** IPVS as net/netfilter/ipvs/ip_vs_ctl.c keeps it: one operation at a time, refused with the errno of the kernel. */
export class KernelIpvs {
  readonly #services = new Map<string, IpvsService>();

  constructor(table: IpvsTable = new Map()) {
    for (const [key, service] of table) this.#services.set(key, service);
  }

  get table(): IpvsTable {
    return this.#services;
  }

  /** Returns the errno's name, or undefined where it went well. */
  do(operation: IpvsOperation): string | undefined {
    const key = virtualServerKey(operation.service);
    const found = this.#services.get(key);
    if ('destination' in operation) return found ? this.#doDestination(operation, key, found) : 'ESRCH';
    switch (operation.kind) {
      case 'add-service':
        if (found) return 'EEXIST';
        this.#services.set(key, { ...operation.service, destinations: new Map() });
        return undefined;
      case 'edit-service':
        if (!found) return 'ESRCH';
        this.#services.set(key, { ...operation.service, destinations: found.destinations });
        return undefined;
      case 'delete-service':
        return this.#services.delete(key) ? undefined : 'ESRCH';
    }
  }

  #doDestination(
    { kind, destination }: Extract<IpvsOperation, { destination: unknown }>,
    key: string,
    service: IpvsService,
  ): string | undefined {
    const name = formatEndpoint(destination);
    const destinations = new Map(service.destinations);
    const known = destinations.has(name);
    if (kind === 'add-destination' && known) return 'EEXIST';
    if (kind !== 'add-destination' && !known) return 'ENOENT';
    if (destination.weight < 0) return 'ERANGE';
    if (kind === 'delete-destination') destinations.delete(name);
    else destinations.set(name, destination);
    this.#services.set(key, { ...service, destinations });
    return undefined;
  }
}
