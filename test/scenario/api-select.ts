import { objectAt } from '../../src/source/json.ts';
import type { ApiObject } from './api-objects.ts';

/** Where the kinds are that the server knows. */
export const PATHS: Readonly<Record<string, string>> = {
  '/api/v1/services': 'Service',
  '/apis/discovery.k8s.io/v1/endpointslices': 'EndpointSlice',
  '/api/v1/nodes': 'Node',
  '/apis/coordination.k8s.io/v1/namespaces/fairlead/leases': 'Lease',
};

/** What a path leads to: all objects of a kind, or one by its name. */
export interface Target {
  readonly kind: string;
  readonly name: string | undefined;
}

/** What one watch is to be told of. */
export interface Selected {
  readonly kind: string;
  /** By the field selector metadata.name=; the only one that is known here. */
  readonly name: string | undefined;
  /** Of the label selector what asks for a label; what forbids one is not looked at. */
  readonly labels: readonly (readonly [key: string, value: string | undefined])[];
}

/** Undefined for a path that leads nowhere. */
export function targetOf({ pathname }: URL): Target | undefined {
  const [path, kind] = Object.entries(PATHS).find(([known]) => `${pathname}/`.startsWith(`${known}/`)) ?? [];
  if (path === undefined || kind === undefined) return undefined;
  return { kind, name: pathname.slice(path.length + 1) || undefined };
}

export const selectedBy = (url: URL): Selected => ({
  kind: targetOf(url)?.kind ?? '',
  name: url.searchParams.get('fieldSelector')?.replace('metadata.name=', ''),
  labels: (url.searchParams.get('labelSelector') ?? '')
    .split(',')
    .filter((term) => term !== '' && !term.startsWith('!'))
    .map((term) => [term.split('=')[0] ?? '', term.split('=')[1]]),
});

export function isSelected({ kind, name, labels }: Selected, object: ApiObject): boolean {
  const own = objectAt(object.metadata, 'labels');
  const labelled = labels.every(([key, value]) => (value === undefined ? key in own : own[key] === value));
  return object.kind === kind && (name === undefined || object.metadata.name === name) && labelled;
}
