import { join } from 'node:path';
import { execa } from 'execa';
import { parseAllDocuments } from 'yaml';
import { CHECKOUT } from '../../../lab/machine/place.ts';
import { clusterPrograms } from '../../cluster/programs.ts';
import type { ApiObject } from '../../scenario/api-objects.ts';

/** Below deploy/kustomize: what a person applies. */
export const OVERLAYS = ['two-tors', 'dual-stack', 'announce-only'] as const;
export const KUSTOMIZATIONS = ['base', ...OVERLAYS.map((name) => `overlays/${name}` as const)] as const;

/** What `kubectl kustomize` prints of a folder of deploy/kustomize. */
export async function kustomized(name: (typeof KUSTOMIZATIONS)[number]): Promise<string> {
  const { stdout } = await execa(clusterPrograms().kubectl, ['kustomize', join(CHECKOUT, 'deploy/kustomize', name)]);
  return stdout;
}

/** The objects of a stream of documents, as Kubernetes reads YAML: 0400 is octal. */
export const objectsIn = (yaml: string): ApiObject[] =>
  parseAllDocuments(yaml, { version: '1.1' })
    .map((document) => document.toJS() as ApiObject | null)
    .filter((object) => object !== null);

/** `DaemonSet fairlead/fairlead`, `ClusterRole fairlead` */
export const nameOf = ({ kind, metadata: { name, namespace } }: ApiObject): string =>
  `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;

/** Objects by their name. */
export const named = (objects: readonly ApiObject[]): Record<string, ApiObject> =>
  Object.fromEntries(objects.map((object) => [nameOf(object), object]));

/** The FairleadConfig of the ConfigMap among these objects. */
export function configIn(objects: readonly ApiObject[]): string {
  const { data } = named(objects)['ConfigMap fairlead/fairlead'] as unknown as { data: Record<string, string> };
  return data['config.yaml'] ?? '';
}
