/**
 * What Kubernetes says of its objects, in the words of JSON Schema, of the kinds that deploy/ has. The source is
 * api/openapi-spec/swagger.json of the version that lab/setup/kubernetes/go.mod pins; gen/kubernetes.json is what is left
 * of it. To add a kind, or after a change of the version: `vitest run test/unit/deploy -u`.
 */
export interface KubernetesSchema {
  /** The definition of each kind, by `apps/v1 DaemonSet`. */
  readonly kinds: Readonly<Record<string, string>>;
  readonly definitions: Readonly<Record<string, object>>;
}

/** By API group (empty for the core) and version. */
const KINDS: Readonly<Record<string, readonly string[]>> = {
  v1: ['ConfigMap', 'Namespace', 'Secret', 'ServiceAccount'],
  'admissionregistration.k8s.io/v1': ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'],
  'apps/v1': ['DaemonSet'],
  'rbac.authorization.k8s.io/v1': ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'],
};

/** A definition of swagger.json, as far as it is read here. */
export interface Definition {
  readonly type?: string;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Definition>>;
  readonly additionalProperties?: Definition;
  readonly items?: Definition;
  readonly required?: readonly string[];
  readonly $ref?: string;
  readonly 'x-kubernetes-group-version-kind'?: readonly { group: string; version: string; kind: string }[];
}

type Definitions = Readonly<Record<string, Definition>>;

/** Takes of all definitions what the kinds need, and of each what says which fields there are and of which type. */
export function trimmed(all: Definitions): KubernetesSchema {
  const kinds = Object.fromEntries(
    Object.entries(all).flatMap(([name, one]) => kindsOf(one).map((kind) => [kind, name])),
  );
  const definitions = new Map<string, object>();
  const take = (name: string): void => {
    if (definitions.has(name)) return;
    definitions.set(name, strict(all[name] ?? {}));
    for (const other of references(all[name])) take(other);
  };
  Object.values(kinds).forEach(take);
  return { kinds: sorted(kinds), definitions: sorted(Object.fromEntries(definitions)) };
}

const kindsOf = (definition: Definition): string[] =>
  (definition['x-kubernetes-group-version-kind'] ?? [])
    .map(({ group, kind, version }) => ({ kind, apiVersion: group === '' ? version : `${group}/${version}` }))
    .filter(({ apiVersion, kind }) => KINDS[apiVersion]?.includes(kind))
    .map(({ apiVersion, kind }) => `${apiVersion} ${kind}`);

const references = (definition: Definition = {}): string[] =>
  [...JSON.stringify(definition).matchAll(/"#\/definitions\/([^"]+)"/g)].map(([, name = '']) => name);

/** Fields that it does not name are refused, as the API server does with `fieldValidation=Strict`. */
function strict({ additionalProperties, format, items, properties, required, type, $ref }: Definition): object {
  if ($ref !== undefined) return { $ref };
  // The one type of two (apimachinery/pkg/util/intstr): what OpenAPI v2 has no words for.
  if (format === 'int-or-string') return { type: ['integer', 'string'] };
  return {
    ...(type && { type }),
    ...(properties && { properties: mapped(properties), additionalProperties: false }),
    ...(required && { required }),
    ...(items && { items: strict(items) }),
    ...(additionalProperties && { additionalProperties: strict(additionalProperties) }),
  };
}

const mapped = (properties: Definitions): object =>
  Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, strict(one)]));

const sorted = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** One line for each definition, so that the difference between two versions of Kubernetes can be read. */
export function printed({ definitions, kinds }: KubernetesSchema): string {
  const lines = Object.entries(definitions).map(([name, one]) => `  ${JSON.stringify(name)}: ${JSON.stringify(one)}`);
  return `{"kinds": ${JSON.stringify(kinds)},\n"definitions": {\n${lines.join(',\n')}\n}}\n`;
}
