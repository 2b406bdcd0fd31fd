import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import type { ApiObject } from '../../scenario/api-objects.ts';
import type { KubernetesSchema } from './openapi.ts';

/** Made by openapi.test.ts. */
export const SCHEMA = join(import.meta.dirname, 'gen/kubernetes.json');

const { definitions, kinds } = JSON.parse(readFileSync(SCHEMA, 'utf8')) as KubernetesSchema;
const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true }).addSchema({
  $id: 'kubernetes',
  definitions,
});

/**
 * What is wrong with an object, by what Kubernetes says of its kind: a field that it does not know, one that is missing, or
 * one of a wrong type, each with its place. Empty where nothing is. A kind that it has no schema of is wrong.
 */
export function schemaProblems({ apiVersion, kind, ...rest }: Pick<ApiObject, 'apiVersion' | 'kind'>): string[] {
  const definition = kinds[`${apiVersion} ${kind}`];
  if (definition === undefined)
    return [`expected one of ${Object.keys(kinds).join(', ')}, found ${apiVersion} ${kind}`];
  const validate = ajv.getSchema(`kubernetes#/definitions/${definition}`);
  if (validate === undefined || validate({ apiVersion, kind, ...rest }) === true) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) =>
    [instancePath, message, params['additionalProperty']].filter(Boolean).join(' '),
  );
}
