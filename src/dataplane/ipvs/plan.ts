import { formatEndpoint, type VirtualServerKey, virtualServerKey } from '../../model/virtual-server.ts';
import type { IpvsDestination, IpvsService } from './want.ts';

export type IpvsTable = ReadonlyMap<VirtualServerKey, IpvsService>;

/** One change of the kernel's table: one netlink message. */
export type IpvsOperation =
  | { readonly kind: 'add-service' | 'edit-service' | 'delete-service'; readonly service: IpvsService }
  | {
      readonly kind: 'add-destination' | 'edit-destination' | 'delete-destination';
      readonly service: IpvsService;
      readonly destination: IpvsDestination;
    };

/**
 * What turns `actual` into `wanted`. A service or destination that should stay is edited, never deleted and added
 * again: with expire_nodest_conn that would reset its connections. Additions come before deletions, so that no
 * service is without a destination on the way.
 */
export function planIpvs(wanted: IpvsTable, actual: IpvsTable): IpvsOperation[] {
  const kept = [...wanted].flatMap(([key, service]) => planService(service, actual.get(key)));
  const gone = [...actual].filter(([key]) => !wanted.has(key));
  return [...kept, ...gone.map(([, service]) => ({ kind: 'delete-service' as const, service }))];
}

function planService(wanted: IpvsService, actual: IpvsService | undefined): IpvsOperation[] {
  if (actual === undefined) return [{ kind: 'add-service', service: wanted }, ...planDestinations(wanted, new Map())];
  const edit: IpvsOperation[] = sameService(wanted, actual) ? [] : [{ kind: 'edit-service', service: wanted }];
  return [...edit, ...planDestinations(wanted, actual.destinations)];
}

const sameService = (a: IpvsService, b: IpvsService): boolean =>
  a.scheduler === b.scheduler && a.flags === b.flags && a.timeout === b.timeout;

const sameDestination = (a: IpvsDestination, b: IpvsDestination): boolean =>
  a.weight === b.weight && a.forward === b.forward;

function planDestinations(service: IpvsService, actual: IpvsService['destinations']): IpvsOperation[] {
  const operations: IpvsOperation[] = [];
  for (const [key, destination] of service.destinations) {
    const found = actual.get(key);
    if (found === undefined) operations.push({ kind: 'add-destination', service, destination });
    else if (!sameDestination(destination, found)) operations.push({ kind: 'edit-destination', service, destination });
  }
  for (const [key, destination] of actual) {
    if (!service.destinations.has(key)) operations.push({ kind: 'delete-destination', service, destination });
  }
  return operations;
}

/** An operation in words, as it appears in logs: `add-destination tcp/10.99.66.10:80 10.1.0.101:8080 weight 1`. */
export function formatOperation(operation: IpvsOperation): string {
  const service = `${operation.kind} ${virtualServerKey(operation.service)}`;
  if (!('destination' in operation)) return `${service} ${operation.service.scheduler}`;
  return `${service} ${formatEndpoint(operation.destination)} weight ${operation.destination.weight}`;
}
