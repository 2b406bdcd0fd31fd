import { isObject, objectAt, textAt } from '../../src/source/json.ts';
import type { ApiObject } from './api-objects.ts';
import { Refused } from './api-store.ts';

/**
 * A Lease from the body of a request, by the rules of the API (pkg/apis/coordination/validation, apimachinery's
 * ValidateObjectMeta and MicroTime).
 */
export function readLease(text: string, namespace: string): ApiObject {
  const body = JSON.parse(text) as unknown;
  if (!isObject(body) || body['kind'] !== 'Lease' || body['apiVersion'] !== 'coordination.k8s.io/v1') {
    throw new Refused(400, 'expected a Lease of coordination.k8s.io/v1');
  }
  const metadata = objectAt(body, 'metadata');
  if (textAt(metadata, 'namespace') !== namespace) throw new Refused(400, 'the namespace is not that of the path');
  const bad = [...metadataErrors(metadata), ...specErrors(objectAt(body, 'spec'))];
  if (bad.length > 0) throw new Refused(422, `Lease is invalid: ${bad.join(', ')}`);
  return body as unknown as ApiObject;
}

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const LABEL_VALUE = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
/** Go's RFC3339Micro: six digits, no more and no less. */
export const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

function metadataErrors(metadata: object): string[] {
  const { name = '', labels = {} } = metadata as { name?: string; labels?: Record<string, string> };
  const wrong = Object.values(labels).filter((value) => value.length > 63 || !LABEL_VALUE.test(value));
  return [
    ...(name.length <= 253 && SUBDOMAIN.test(name) ? [] : [`metadata.name: ${JSON.stringify(name)}`]),
    ...wrong.map((value) => `metadata.labels: ${JSON.stringify(value)}`),
  ];
}

function specErrors(spec: Readonly<Record<string, unknown>>): string[] {
  const { holderIdentity, leaseDurationSeconds } = spec;
  const times = ['acquireTime', 'renewTime'].filter((key) => !MICRO_TIME.test(String(spec[key])));
  return [
    ...(typeof holderIdentity === 'string' && holderIdentity !== '' ? [] : ['spec.holderIdentity']),
    ...(Number.isInteger(leaseDurationSeconds) && Number(leaseDurationSeconds) > 0
      ? []
      : ['spec.leaseDurationSeconds']),
    ...times.map((key) => `spec.${key}`),
  ];
}
