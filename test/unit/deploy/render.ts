import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { parse, parseAllDocuments } from 'yaml';
import { CACHE, CHECKOUT } from '../../../lab/machine/place.ts';
import { clusterPrograms } from '../../cluster/programs.ts';
import type { ApiObject } from '../../scenario/api-objects.ts';

/** Below deploy/kustomize: what a person applies. */
export const OVERLAYS = ['two-tors', 'dual-stack', 'announce-only'] as const;
export const KUSTOMIZATIONS = ['base', ...OVERLAYS.map((name) => `overlays/${name}` as const)] as const;

const HELM = join(CACHE, 'helm/helm');
const CHART = join(CHECKOUT, 'deploy/helm/fairlead');

/** Why the chart cannot be rendered here; undefined where it can. Whoever skips a test for it gives it as the reason. */
export const obstacleToHelm = (): string | undefined =>
  existsSync(HELM) ? undefined : 'NO HELM: no Go to build one; `node lab/setup/main.mjs --kubernetes` says more';

/** What `kubectl kustomize` prints of a folder of deploy/kustomize. */
export const kustomized = (name: (typeof KUSTOMIZATIONS)[number]): Promise<string> =>
  kustomizedIn(join(CHECKOUT, 'deploy/kustomize', name));

/** The same for any folder. */
export async function kustomizedIn(folder: string): Promise<string> {
  const { stdout } = await execa(clusterPrograms().kubectl, ['kustomize', folder]);
  return stdout;
}

/** The values that make of the chart what a folder of deploy/kustomize is. */
export const exampleOf = (name: (typeof KUSTOMIZATIONS)[number]): string =>
  join(CHECKOUT, `deploy/helm/examples/${basename(name)}.yaml`);

/**
 * What helm prints of the chart, in the namespace `fairlead`. Rejects where it refuses.
 * @param args options of `helm template`
 */
export async function templated(...args: readonly string[]): Promise<string> {
  return helm(['template', 'fairlead', CHART, '--namespace', 'fairlead', ...args]);
}

/** What `helm lint` says of the chart. Rejects where it finds something wrong. */
export const linted = (...args: readonly string[]): Promise<string> => helm(['lint', '--strict', CHART, ...args]);

/** What helm puts into a cluster by a verb such as `install`, as the release `fairlead`. Rejects where it refuses. */
export const released = (
  verb: string,
  namespace: string,
  env: Environment,
  ...args: readonly string[]
): Promise<string> =>
  helm([verb, 'fairlead', '--namespace', namespace, ...(verb === 'uninstall' ? [] : [CHART]), ...args], env);

type Environment = Readonly<Record<string, string>>;

async function helm(args: readonly string[], env: Environment = {}): Promise<string> {
  const { stdout } = await execa(HELM, args, { env });
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

/** An object without labels of Helm; of a configuration, what it says and not how. */
export function comparable({ data, metadata: { labels = {}, ...metadata }, ...object }: ApiObject): ApiObject {
  const others = Object.entries(labels as object).filter(([key]) => !/^(app\.kubernetes\.io|helm\.sh)\//.test(key));
  const meant =
    data === undefined ? {} : { data: parse((data as Record<string, string>)['config.yaml'] ?? '') as unknown };
  return {
    ...object,
    ...meant,
    metadata: { ...metadata, ...(others.length > 0 && { labels: Object.fromEntries(others) }) },
  };
}
