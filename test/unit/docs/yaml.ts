import { parseAllDocuments, stringify } from 'yaml';
import { parseConfig } from '../../../src/config/parse.ts';
import { configReference } from '../../../src/config/reference.ts';
import { checkedBy } from './programs.ts';
import { filesAt, readRepository } from './pages.ts';

type Mapping = Readonly<Record<string, unknown>>;

/** The least that a part of a configuration stands in. */
const NEEDED = {
  apiVersion: 'fairlead.io/v1alpha1',
  kind: 'FairleadConfig',
  ranges: ['10.99.66.0/23'],
  bgp: { localAs: 64512, peers: [{ address: '10.22.108.1', as: 64500 }] },
};
const CONFIG_KEYS = new Set(configReference().map(({ key }) => key.split(/[.[]/)[0] ?? ''));

/** Parts of a pod or a container, as a page shows them to be put into the DaemonSet. */
const POD_KEYS = new Set(
  'affinity args command env hostNetwork image lifecycle livenessProbe nodeSelector priorityClassName readinessProbe resources securityContext terminationGracePeriodSeconds tolerations updateStrategy volumeMounts volumes'.split(
    ' ',
  ),
);

/** What is wrong with YAML that a page shows: of each document, as what it is. */
export function yamlProblems(text: string): string[] {
  // As Kubernetes reads it, to which 0400 is octal.
  return parseAllDocuments(text).flatMap((document) => {
    const [error] = document.errors;
    const value: unknown = document.toJS();
    if (error) return [error.message];
    return isMapping(value) ? documentProblems(value, String(document)) : ['expected a mapping'];
  });
}

const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function documentProblems(value: Mapping, text: string): string[] {
  const keys = Object.keys(value);
  if (value['kind'] === 'FairleadConfig') return configProblems(text);
  if ('kind' in value || 'apiVersion' in value) return objectProblems(value);
  if (keys.every((key) => CONFIG_KEYS.has(key))) return configProblems(stringify({ ...NEEDED, ...value }));
  if (keys.every((key) => POD_KEYS.has(key))) return [];
  if (keys.length === 1 && keys[0] === 'groups') return checkedBy('promtool', text);
  return isHelmValues(keys) ? [] : [`no part of a known file: ${keys.join(', ')}`];
}

const configProblems = (text: string): string[] =>
  (parseConfig(text, 'lb-1', '10.22.108.100').problems ?? []).map((problem) => JSON.stringify(problem));

/** The API groups of the objects that the pages show, and the kinds in each. */
const KINDS: Readonly<Record<string, string>> = {
  v1: 'ConfigMap Namespace Node Secret Service ServiceAccount Pod',
  'apps/v1': 'DaemonSet Deployment',
  'discovery.k8s.io/v1': 'EndpointSlice',
  'networking.k8s.io/v1': 'ServiceCIDR',
  'kustomize.config.k8s.io/v1beta1': 'Kustomization',
  'kustomize.config.k8s.io/v1alpha1': 'Component',
  'monitoring.coreos.com/v1': 'PrometheusRule PodMonitor',
  'rbac.authorization.k8s.io/v1': 'ClusterRole ClusterRoleBinding Role RoleBinding',
};

/** An object of Kubernetes: of a known kind, with a name, and where it holds a configuration of ours, a good one. */
function objectProblems({ apiVersion, data, kind, metadata }: Mapping): string[] {
  const named = isMapping(metadata) && typeof metadata['name'] === 'string';
  const known = KINDS[String(apiVersion)]?.split(' ').includes(String(kind)) === true;
  const config = isMapping(data) ? data['config.yaml'] : undefined;
  return [
    ...(known ? [] : [`no known kind of Kubernetes: ${String(apiVersion)} ${String(kind)}`]),
    ...(named || /^(Kustomization|Component)$/.test(String(kind))
      ? []
      : ['metadata.name: expected a name, found none']),
    ...(typeof config === 'string' ? configProblems(config) : []),
  ];
}

/** What a page overrides of a chart has to be in the chart's own values. */
const isHelmValues = (keys: readonly string[]): boolean =>
  filesAt('deploy/helm/**/values.yaml').some((file) => {
    const [document] = parseAllDocuments(readRepository(file));
    const values: unknown = document?.toJS();
    return isMapping(values) && keys.every((key) => key in values);
  });
