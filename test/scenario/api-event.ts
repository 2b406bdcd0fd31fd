import { isObject, type JsonObject, objectAt, textAt } from '../../src/source/json.ts';
import { MICRO_TIME } from './api-lease.ts';
import type { ApiObject } from './api-objects.ts';
import { Refused } from './api-store.ts';

/**
 * An Event of the namespace `default` from the body of a request, by the rules of the API
 * (pkg/apis/core/validation/events.go): what is not of any namespace has its Events there.
 */
export function readEvent(text: string, apiVersion: 'v1' | 'events.k8s.io/v1'): ApiObject {
  const body = JSON.parse(text) as unknown;
  if (!isObject(body) || body['kind'] !== 'Event' || body['apiVersion'] !== apiVersion) {
    throw new Refused(400, `expected an Event of ${apiVersion}`);
  }
  const metadata = objectAt(body, 'metadata');
  if (textAt(metadata, 'namespace') !== 'default') throw new Refused(400, 'the namespace is not that of the path');
  const bad = apiVersion === 'v1' ? legacyErrors(body) : errors(body);
  if (bad.length > 0) throw new Refused(422, `Event is invalid: ${bad.join(', ')}`);
  return body as unknown as ApiObject;
}

function legacyErrors(event: JsonObject): string[] {
  const involved = objectAt(event, 'involvedObject');
  return (textAt(involved, 'namespace') || 'default') === 'default' ? [] : ['involvedObject.namespace'];
}

/** Of events.k8s.io/v1 nearly everything has to be said, and in so many letters. */
function errors(event: JsonObject): string[] {
  const needed = ['reportingController', 'reportingInstance', 'action', 'reason'];
  return [
    ...needed.filter((key) => !fits(textAt(event, key), 128)),
    ...(MICRO_TIME.test(String(event['eventTime'])) ? [] : ['eventTime']),
    ...(['Normal', 'Warning'].includes(String(event['type'])) ? [] : ['type']),
    ...((textAt(event, 'note') ?? '').length <= 1024 ? [] : ['note']),
  ];
}

const fits = (text: string | undefined, most: number): boolean =>
  text !== undefined && text !== '' && text.length <= most;
