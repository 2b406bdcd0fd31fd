import { parseAllDocuments, stringify } from 'yaml';
import { parseConfig } from '../../../src/config/parse.ts';
import { configReference } from '../../../src/config/reference.ts';
import { isMapping, isPartOfPod, type Mapping, objectProblems, partProblems } from './kubernetes.ts';
import { checkedBy } from './programs.ts';
import { filesAt, readRepository } from './pages.ts';

/** The least that a part of a configuration stands in. */
const NEEDED = {
  apiVersion: 'fairlead.io/v1alpha1',
  kind: 'FairleadConfig',
  ranges: ['10.99.66.0/23'],
  bgp: { localAs: 64512, peers: [{ address: '10.22.108.1', as: 64500 }] },
};
const CONFIG_KEYS = new Set(configReference().map(({ key }) => key.split(/[.[]/)[0] ?? ''));

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

function documentProblems(value: Mapping, text: string): string[] {
  const keys = Object.keys(value);
  if (value['kind'] === 'FairleadConfig') return configProblems(text);
  if ('kind' in value || 'apiVersion' in value) return [...objectProblems(value), ...configInside(value)];
  if (keys.every((key) => CONFIG_KEYS.has(key))) return configProblems(stringify({ ...NEEDED, ...value }));
  if (isPartOfPod(keys)) return partProblems(value);
  if (keys.length === 1 && keys[0] === 'groups') return checkedBy('promtool', text);
  return isHelmValues(keys) ? [] : [`no part of a known file: ${keys.join(', ')}`];
}

/** Of a ConfigMap, the configuration in it. */
function configInside({ data }: Mapping): string[] {
  const config = isMapping(data) ? data['config.yaml'] : undefined;
  return typeof config === 'string' ? configProblems(config) : [];
}

const configProblems = (text: string): string[] =>
  (parseConfig(text, 'lb-1', '10.22.108.100').problems ?? []).map((problem) => JSON.stringify(problem));

/** What a page overrides of a chart has to be in the chart's own values. */
const isHelmValues = (keys: readonly string[]): boolean =>
  filesAt('deploy/helm/**/values.yaml').some((file) => {
    const [document] = parseAllDocuments(readRepository(file));
    const values: unknown = document?.toJS();
    return isMapping(values) && keys.every((key) => key in values);
  });
