import { isObject, type JsonObject } from '../../src/source/json.ts';
import { Refused } from './api-store.ts';

/** A merge patch (RFC 7386), or Kubernetes' strategic one, which differs in the lists that have a key of their own. */
export function patched(before: JsonObject, text: string, contentType: string | undefined): JsonObject {
  if (contentType !== MERGE && contentType !== STRATEGIC) throw new Refused(415, `a patch of type ${contentType}`);
  const patch = JSON.parse(text) as unknown;
  if (!isObject(patch)) throw new Refused(400, 'expected a patch that is an object');
  return merge(before, patch, contentType === STRATEGIC);
}

const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';

/** patchMergeKey in k8s.io/api, of what is patched here. */
const LIST_KEYS: Readonly<Record<string, string>> = { conditions: 'type', addresses: 'type', taints: 'key' };

function merge(before: JsonObject, patch: JsonObject, strategic: boolean): JsonObject {
  const after: Record<string, unknown> = { ...before };
  for (const [field, value] of Object.entries(patch)) {
    const old = before[field];
    const key = strategic ? LIST_KEYS[field] : undefined;
    if (value === null) delete after[field];
    else if (isObject(value)) after[field] = merge(isObject(old) ? old : {}, value, strategic);
    else if (key !== undefined && Array.isArray(value)) after[field] = mergeList(old, value, key, strategic);
    else after[field] = value;
  }
  return after;
}

/** Elements with the same key become one; all others stay. */
function mergeList(old: unknown, patch: readonly unknown[], key: string, strategic: boolean): unknown[] {
  const merged = new Map<unknown, JsonObject>();
  for (const element of [...(Array.isArray(old) ? (old as unknown[]) : []), ...patch]) {
    if (!isObject(element)) throw new Refused(400, `expected objects with ${key} in a list`);
    merged.set(element[key], merge(merged.get(element[key]) ?? {}, element, strategic));
  }
  return [...merged.values()];
}
