import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { AuditedRequest } from './audit.ts';

/** One verb on one resource: `list services`, or in a namespace `get fairlead/leases.coordination.k8s.io`. */
type Right = string;

const names = z.array(z.string());
const role = z.object({
  kind: z.enum(['ClusterRole', 'Role']),
  metadata: z.object({ namespace: z.string().optional() }),
  rules: z.array(z.strictObject({ apiGroups: names, resources: names, verbs: names, resourceNames: names.optional() })),
});

/** Every right that the roles of a manifest grant, in order. */
export function grantedRights(file: string): Right[] {
  const documents = parseAllDocuments(readFileSync(file, 'utf8')).map((document): unknown => document.toJS());
  const roles = documents.map((document) => role.safeParse(document)).flatMap(({ data }) => data ?? []);
  const rights = roles.flatMap(({ metadata: { namespace }, rules }) =>
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => rightOf(verb, group, resource, namespace))),
      ),
    ),
  );
  return [...new Set(rights)].toSorted();
}

/** Every right that these requests have needed, in order: in their namespace, where it is not granted everywhere. */
export function neededRights(requests: readonly AuditedRequest[], granted: readonly Right[]): Right[] {
  const rights = requests.map(({ group, namespace, resource, verb }) => {
    const everywhere = rightOf(verb, group, resource, undefined);
    return granted.includes(everywhere) ? everywhere : rightOf(verb, group, resource, namespace);
  });
  return [...new Set(rights)].toSorted();
}

function rightOf(verb: string, group: string, resource: string, namespace: string | undefined): Right {
  const within = namespace === undefined ? '' : `${namespace}/`;
  return `${verb} ${within}${resource}${group === '' ? '' : `.${group}`}`;
}
