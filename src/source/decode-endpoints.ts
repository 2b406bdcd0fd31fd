import { type Family, familyOf, parseAddress } from '../model/address.ts';
import type { Endpoint, Skipped } from '../model/snapshot.ts';
import { arrayAt, brief, isObject, type JsonObject, objectAt, textAt } from './json.ts';
import { shareText } from './share.ts';

/** A slice holds up to 1000 endpoints: those that cannot be used are reported together. */
export function decodeEndpoints(object: string, raw: readonly unknown[], family: Family) {
  const decoded = raw.map((endpoint) => decodeEndpoint(endpoint, family));
  const endpoints = decoded.filter((endpoint) => endpoint !== undefined);
  const bad = decoded.indexOf(undefined);
  if (bad === -1) return { endpoints, skipped: [] };
  const detail = `${raw.length - endpoints.length} of ${raw.length} endpoints have no ${family} address; the first has ${brief(firstAddress(raw[bad]))}`;
  return { endpoints, skipped: [{ object, reason: 'object-invalid', detail } satisfies Skipped] };
}

/** Only the first address counts: the API gives the others no meaning (kubernetes #106267). */
function decodeEndpoint(raw: unknown, family: Family): Endpoint | undefined {
  const first = firstAddress(raw);
  const address = typeof first === 'string' ? parseAddress(first) : undefined;
  if (!isObject(raw) || address === undefined || familyOf(address) !== family) return undefined;
  const hints = objectAt(raw, 'hints');
  const conditions = objectAt(raw, 'conditions');
  const nodeName = textAt(raw, 'nodeName');
  // discovery.k8s.io/v1: an absent `ready` or `serving` counts as true, an absent `terminating` as false.
  return {
    address,
    ready: (conditions['ready'] ?? true) === true,
    serving: (conditions['serving'] ?? true) === true,
    terminating: conditions['terminating'] === true,
    nodeName: nodeName && shareText(nodeName),
    forZones: namesIn(hints, 'forZones'),
    forNodes: namesIn(hints, 'forNodes'),
  };
}

const NO_NAMES: readonly string[] = [];

/** The names in a list of hints. Most endpoints have none, and there are many: they share one empty list. */
function namesIn(hints: JsonObject, key: string): readonly string[] {
  const list = arrayAt(hints, key);
  if (list.length === 0) return NO_NAMES;
  return list.flatMap((hint) => (isObject(hint) ? shareText(textAt(hint, 'name') ?? '') || [] : []));
}

const firstAddress = (raw: unknown): unknown => (isObject(raw) ? arrayAt(raw, 'addresses')[0] : undefined);
