import { formatEndpoint, type VirtualServerKey, virtualServerKey } from '../../model/virtual-server.ts';
import type { IpvsOperation, IpvsTable } from './plan.ts';
import type { IpvsDestination, IpvsService } from './want.ts';

/** A list takes a fifth of the memory of a map, and a table may hold 100,000 destinations. */
interface Standing {
  readonly service: Omit<IpvsService, 'destinations'>;
  readonly destinations: IpvsDestination[];
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

  /** A copy, made for the call. */
  get(key: VirtualServerKey): IpvsService | undefined {
    const standing = this.#services.get(key);
    return standing && { ...standing.service, destinations: byEndpoint(standing.destinations) };
  }

  /** Takes over a reading; undefined where it found nothing. */
  set(key: VirtualServerKey, service: IpvsService | undefined): void {
    if (service === undefined) {
      this.#services.delete(key);
      return;
    }
    const { destinations, ...rest } = service;
    const before = byEndpoint(this.#services.get(key)?.destinations ?? []);
    const found = Array.from(destinations, ([endpoint, one]) => sameOrNew(before.get(endpoint), one));
    this.#services.set(key, { service: rest, destinations: found });
  }

  /** Takes over a change that the kernel has acknowledged. One that it has added was not there before. */
  acknowledge(operation: IpvsOperation): void {
    const key = virtualServerKey(operation.service);
    const known = this.#services.get(key)?.destinations ?? [];
    if (operation.kind === 'delete-service') this.#services.delete(key);
    else if (!('destination' in operation)) this.#services.set(key, standingOf(operation.service, known));
    else if (operation.kind === 'add-destination') known.push(operation.destination);
    else replace(known, operation.destination, operation.kind === 'edit-destination');
  }
}

const byEndpoint = (destinations: readonly IpvsDestination[]): Map<string, IpvsDestination> =>
  new Map(destinations.map((destination) => [formatEndpoint(destination), destination]));

function standingOf({ destinations: _unused, ...service }: IpvsService, destinations: IpvsDestination[]): Standing {
  return { service, destinations };
}

/** What has not changed stays the same object: audits read everything again and again. */
function sameOrNew(before: IpvsDestination | undefined, now: IpvsDestination): IpvsDestination {
  if (before === undefined) return now;
  const { connections, forward, weight } = before;
  const same = connections === now.connections && forward === now.forward && weight === now.weight;
  return same ? before : { ...now, address: before.address };
}

function replace(known: IpvsDestination[], now: IpvsDestination, stays: boolean): void {
  const at = known.findIndex(({ address, port }) => address === now.address && port === now.port);
  known.splice(at === -1 ? known.length : at, 1, ...(stays ? [now] : []));
}
