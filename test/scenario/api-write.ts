import type { IncomingMessage } from 'node:http';
import { type JsonObject, objectAt } from '../../src/source/json.ts';
import type { ApiObject } from './api-objects.ts';
import { patched } from './api-patch.ts';
import type { Target } from './api-select.ts';
import { type ApiStore, Refused } from './api-store.ts';

/** Carries out a request that changes something, and returns what it has changed. */
export function write(store: ApiStore, request: IncomingMessage, target: Target, body: string): ApiObject {
  const { method = '', headers } = request;
  const { kind, name, part } = target;
  if (!kind.writes.includes(method)) throw new Refused(405, `${method} is not allowed here`);
  if (method === 'POST' && name === undefined && kind.read) return store.create(kind.read(body));
  if (name === undefined) throw new Refused(405, `${method} is not allowed here`);
  if (method === 'DELETE') {
    const preconditions = objectAt(JSON.parse(body) as JsonObject, 'preconditions');
    return store.remove(store.find(kind.kind, name), preconditions);
  }
  const type = headers['content-type'];
  if (method === 'PATCH')
    return store.patch(kind.kind, name, (before) => keepRest(before, patched(before, body, type), part));
  const object = kind.read?.(body);
  if (object?.metadata.name !== name) throw new Refused(400, 'the name is not that of the path');
  return store.update(object);
}

/** As the strategies of the real one: a status is changed by its own path alone, and nothing else but metadata by that. */
function keepRest(before: ApiObject, after: JsonObject, part: string | undefined): ApiObject {
  const { spec, status } = before;
  return { ...before, ...after, ...(part === 'status' ? { spec } : { status }) };
}
