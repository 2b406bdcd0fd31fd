import { objectAt } from '../../src/source/json.ts';
import { type ApiKind, KINDS } from './api-kinds.ts';
import type { ApiObject } from './api-objects.ts';

/** What a path leads to: all objects of a kind, or one by its name, or a part of that one. */
export interface Target {
  readonly kind: ApiKind;
  readonly name: string | undefined;
  /** `status`, or undefined for the whole. */
  readonly part: string | undefined;
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
  const kind = KINDS.find(({ path }) => `${pathname}/`.startsWith(`${path}/`));
  if (!kind) return undefined;
  const [name = '', part] = pathname.slice(kind.path.length + 1).split('/');
  return { kind, name: name || undefined, part };
}

export const selectedBy = (url: URL): Selected => ({
  kind: targetOf(url)?.kind.kind ?? '',
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
