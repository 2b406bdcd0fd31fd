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
 * What turns the service that stands, if any, into the wanted one, if any. What should stay is edited, never deleted
 * and added again: with expire_nodest_conn that would reset its connections. Additions come before deletions, so that
 * no service is without a destination on the way. Deleting a service takes its destinations along.
 */
export function planService(wanted: IpvsService | undefined, actual: IpvsService | undefined): IpvsOperation[] {
  if (wanted === undefined) return actual === undefined ? [] : [{ kind: 'delete-service', service: actual }];
  if (actual === undefined) return [{ kind: 'add-service', service: wanted }, ...planDestinations(wanted, new Map())];
  const edit: IpvsOperation[] = sameSettings(wanted, actual) ? [] : [{ kind: 'edit-service', service: wanted }];
  return [...edit, ...planDestinations(wanted, actual.destinations)];
}

/** Whether two services differ in nothing but their destinations. */
export const sameSettings = (a: IpvsService, b: IpvsService): boolean =>
  a.scheduler === b.scheduler && a.flags === b.flags && a.timeout === b.timeout;

const sameDestination = (a: IpvsDestination, b: IpvsDestination): boolean =>
  a.weight === b.weight && a.forward === b.forward;

function planDestinations(service: IpvsService, actual: IpvsService['destinations']): IpvsOperation[] {
  const operations: IpvsOperation[] = [];
  let standing = 0;
  service.destinations.forEach((destination, key) => {
    const found = actual.get(key);
    if (found === undefined) operations.push({ kind: 'add-destination', service, destination });
    else if (!sameDestination(destination, found)) operations.push({ kind: 'edit-destination', service, destination });
    if (found !== undefined) standing += 1;
  });
  if (standing === actual.size) return operations;
  for (const [key, destination] of actual) {
    if (!service.destinations.has(key)) operations.push({ kind: 'delete-destination', service, destination });
  }
  return operations;
}

/** What an operation is about, whatever it does to it: a virtual server, or a real server of one. */
export function subjectOf(operation: IpvsOperation): string {
  const service = virtualServerKey(operation.service);
  return 'destination' in operation ? `${service} ${formatEndpoint(operation.destination)}` : service;
}

/** An operation in words, as it appears in logs: `add-destination tcp/10.99.66.10:80 10.1.0.101:8080 weight 1`. */
export function formatOperation(operation: IpvsOperation): string {
  const detail = 'destination' in operation ? `weight ${operation.destination.weight}` : operation.service.scheduler;
  // Joined, it is one flat text. There are 100,000 of them at the start, and a template would leave each in pieces.
  return [operation.kind, subjectOf(operation), detail].join(' ');
}

/** All operations of some plans in their order, so many at a time. */
export function* inBatches(plans: Iterable<readonly IpvsOperation[]>, most: number): Generator<IpvsOperation[]> {
  let batch: IpvsOperation[] = [];
  for (const plan of plans) {
    for (const operation of plan) {
      batch.push(operation);
      if (batch.length < most) continue;
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
