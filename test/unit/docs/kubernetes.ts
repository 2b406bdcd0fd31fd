import { schemaProblems } from '../deploy/schema.ts';

export type Mapping = Readonly<Record<string, unknown>>;

export const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Kinds of others, of which there is no schema here, by their API version. */
const OTHERS: Readonly<Record<string, string>> = {
  'kustomize.config.k8s.io/v1beta1': 'Kustomization',
  'kustomize.config.k8s.io/v1alpha1': 'Component',
  'monitoring.coreos.com/v1': 'PrometheusRule PodMonitor',
};

/** What is wrong with an object of Kubernetes, of which a page may show a part, as a patch. */
export function objectProblems(object: Mapping): string[] {
  const apiVersion = String(object['apiVersion']);
  const kind = String(object['kind']);
  if (OTHERS[apiVersion]?.split(' ').includes(kind)) return [];
  const { metadata } = object;
  const named = isMapping(metadata) && typeof metadata['name'] === 'string';
  return [...(named ? [] : ['metadata.name: expected a name, found none']), ...partOf({ ...object, apiVersion, kind })];
}

const CONTAINER = `args command env image lifecycle livenessProbe readinessProbe resources securityContext volumeMounts`;
const CONTAINER_KEYS = new Set(CONTAINER.split(' '));
const POD = `affinity hostNetwork nodeSelector priorityClassName terminationGracePeriodSeconds tolerations volumes`;
const POD_KEYS = new Set(POD.split(' '));

/** Whether all keys are of a pod or of a container, so that the page shows what is to be put into the DaemonSet. */
export const isPartOfPod = (keys: readonly string[]): boolean =>
  keys.every((key) => POD_KEYS.has(key) || CONTAINER_KEYS.has(key));

/** What is wrong with such a part. */
export function partProblems(part: Mapping): string[] {
  const of = (keys: ReadonlySet<string>) => Object.fromEntries(Object.entries(part).filter(([key]) => keys.has(key)));
  const spec = { ...of(POD_KEYS), containers: [{ name: 'agent', ...of(CONTAINER_KEYS) }] };
  return partOf({ apiVersion: 'apps/v1', kind: 'DaemonSet', spec: { template: { spec } } });
}

/** What is not shown is not missing. */
const partOf = (object: Mapping & { apiVersion: string; kind: string }): string[] =>
  schemaProblems(object).filter((problem) => !problem.includes('must have required property'));
