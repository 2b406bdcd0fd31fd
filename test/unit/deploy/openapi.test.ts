import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CHECKOUT } from '../../../lab/machine/place.ts';
import { type Definition, printed, trimmed } from './openapi.ts';
import { SCHEMA, schemaProblems } from './schema.ts';

const goMod = readFileSync(join(CHECKOUT, 'lab/setup/kubernetes/go.mod'), 'utf8');
const [, version = ''] = /k8s\.io\/kubernetes (v\S+)/.exec(goMod) ?? [];

/** swagger.json of the API server that set-up has built, among the modules of Go; undefined where they are not here. */
function swaggerFile(): string | undefined {
  for (const go of ['go', '/usr/local/go/bin/go']) {
    try {
      const modules = execFileSync(go, ['env', 'GOMODCACHE'], { encoding: 'utf8' }).trim();
      const file = join(modules, `k8s.io/kubernetes@${version}/api/openapi-spec/swagger.json`);
      if (existsSync(file)) return file;
    } catch {
      // No Go of this name.
    }
  }
  return undefined;
}

test('the schema that manifests are held to is that of the pinned Kubernetes', async ({ skip }) => {
  const file = swaggerFile();
  if (file === undefined) return skip('NO MODULES OF KUBERNETES: gen/kubernetes.json is taken as it is');
  const { definitions } = JSON.parse(readFileSync(file, 'utf8')) as { definitions: Record<string, Definition> };
  await expect(printed(trimmed(definitions))).toMatchFileSnapshot(SCHEMA);
});

const good = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'fairlead', labels: { app: 'fairlead' } },
  automountServiceAccountToken: false,
};

test.each([
  ['a good object', good, []],
  ['a mistyped field', { ...good, imagePullSecret: [] }, ['must NOT have additional properties imagePullSecret']],
  ['a wrong type', { ...good, automountServiceAccountToken: 'no' }, ['/automountServiceAccountToken must be boolean']],
  ['a label that is no text', { ...good, metadata: { labels: { a: 1 } } }, ['/metadata/labels/a must be string']],
  [
    'a field that is missing',
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' },
    ["must have required property 'roleRef'"],
  ],
  ['a kind of another version', { ...good, apiVersion: 'v2' }, [expect.stringMatching(/found v2 ServiceAccount$/)]],
])('%s', (_what, object, problems) => {
  expect(schemaProblems(object)).toStrictEqual(problems);
});

const rolling = (maxUnavailable: unknown) => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  spec: { selector: {}, template: {}, updateStrategy: { rollingUpdate: { maxUnavailable } } },
});

test('what may be a number or a text, may be nothing else', () => {
  const problems = [1, '10%', 1.5].map((value) => schemaProblems(rolling(value)));
  const place = '/spec/updateStrategy/rollingUpdate/maxUnavailable';
  expect(problems).toStrictEqual([[], [], [`${place} must be integer,string`]]);
});
