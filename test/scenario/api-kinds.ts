import type { ApiObject } from './api-objects.ts';
import { readEvent } from './api-event.ts';
import { readLease } from './api-lease.ts';

/** One kind of object that the server serves: a line more in the table, and it serves another. */
export interface ApiKind {
  readonly kind: string;
  readonly apiVersion: string;
  /** Where all of them are listed; one of them stands below it by its name. */
  readonly path: string;
  /** What may be done to one, beside reading it: POST, PUT, PATCH, DELETE. */
  readonly writes: readonly string[];
  /** An object from the body of a request; throws a Refused for what the real server does not take. */
  readonly read?: (body: string) => ApiObject;
}

export const KINDS: readonly ApiKind[] = [
  { kind: 'Service', apiVersion: 'v1', path: '/api/v1/services', writes: [] },
  {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    path: '/apis/discovery.k8s.io/v1/endpointslices',
    writes: [],
  },
  { kind: 'Node', apiVersion: 'v1', path: '/api/v1/nodes', writes: ['PATCH'] },
  {
    kind: 'ServiceCIDR',
    apiVersion: 'networking.k8s.io/v1',
    path: '/apis/networking.k8s.io/v1/servicecidrs',
    writes: [],
  },
  {
    kind: 'Lease',
    apiVersion: 'coordination.k8s.io/v1',
    path: '/apis/coordination.k8s.io/v1/namespaces/fairlead/leases',
    writes: ['POST', 'PUT', 'DELETE'],
    read: (body) => readLease(body, 'fairlead'),
  },
  {
    kind: 'Event',
    apiVersion: 'v1',
    path: '/api/v1/namespaces/default/events',
    writes: ['POST', 'PATCH'],
    read: (body) => readEvent(body, 'v1'),
  },
  {
    kind: 'Event',
    apiVersion: 'events.k8s.io/v1',
    path: '/apis/events.k8s.io/v1/namespaces/default/events',
    writes: ['POST', 'PATCH'],
    read: (body) => readEvent(body, 'events.k8s.io/v1'),
  },
];
