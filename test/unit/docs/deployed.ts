import { parseAllDocuments } from 'yaml';
import { filesAt, readRepository } from './pages.ts';

/** What the manifests in deploy/ call things, so that the pages call them the same. */

interface Manifest {
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly spec?: { readonly template?: { readonly metadata?: Labels; readonly spec?: Pod } };
}

interface Labels {
  readonly labels?: Readonly<Record<string, string>>;
}

interface Pod {
  readonly containers?: readonly { readonly name: string }[];
  readonly initContainers?: readonly { readonly name: string }[];
  readonly nodeSelector?: Readonly<Record<string, string>>;
}

/** Templates of Helm are no YAML. */
const manifests: readonly Manifest[] = filesAt('deploy/**/*.yaml')
  .filter((file) => !file.includes('/templates/'))
  .flatMap((file) => parseAllDocuments(readRepository(file)).map((document) => document.toJS() as Manifest | null))
  .filter((manifest) => manifest !== null);

const pods = manifests.flatMap(({ spec }) => spec?.template?.spec ?? []);

export const CONTAINERS = new Set(
  pods.flatMap(({ containers = [], initContainers = [] }) =>
    [...initContainers, ...containers].map(({ name }) => name),
  ),
);

/** `role=lb` and the like: of the pods, and of the nodes that they run on. */
export const LABELS = new Set(
  manifests
    .flatMap(({ spec }) => [spec?.template?.metadata?.labels ?? {}, spec?.template?.spec?.nodeSelector ?? {}])
    .flatMap(Object.entries)
    .map(([key, value]) => `${key}=${value}`),
);

export const NAMESPACES = new Set(
  manifests.flatMap(({ kind, metadata }) => (kind === 'Namespace' ? metadata?.name : metadata?.namespace) ?? []),
);

/** `daemonset/fairlead` and the like. */
export const OBJECTS = new Set(manifests.map(({ kind, metadata }) => `${kind?.toLowerCase()}/${metadata?.name}`));
