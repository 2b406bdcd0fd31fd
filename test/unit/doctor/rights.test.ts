import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { NEEDS, rightsOf } from '../../../src/doctor/rights.ts';

interface Role {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly rules: readonly { apiGroups: string[]; resources: string[]; verbs: string[] }[];
}

const FILE = join(import.meta.dirname, '../../../deploy/kustomize/base/rbac.yaml');
const roles = parseAllDocuments(readFileSync(FILE, 'utf8'))
  .map((document) => document.toJS() as Role)
  .filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role');

/** `list services`, `get coordination.k8s.io/leases in own`. */
const granted = roles.flatMap(({ metadata: { namespace }, rules }) => {
  const place = namespace === undefined ? '' : ` in ${namespace === 'fairlead' ? 'own' : namespace}`;
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => `${verb} ${group}/${resource}${place}`)),
    ),
  );
});

test('what the doctor asks for is what base/rbac.yaml grants, no more and no less', () => {
  const needed = NEEDS.flatMap(rightsOf).map(
    ({ group, namespace, resource, verb }) => `${verb} ${group}/${resource}${namespace ? ` in ${namespace}` : ''}`,
  );
  expect(needed.toSorted()).toStrictEqual(granted.toSorted());
});
