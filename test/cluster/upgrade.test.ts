import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { splitWords } from '../../lab/words.ts';
import { clusterForAll } from './for-all.ts';

const cluster = clusterForAll();
const POD = 'fairlead-lb1';
const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

interface Container {
  readonly name: string;
  readonly image: string;
}
interface Spec {
  readonly containers: readonly Container[];
  readonly initContainers: readonly Container[];
}

/** The commands of the page that are for the API server, and not for a kubelet. */
async function commands(): Promise<string[][]> {
  const page = await read('docs/upgrade.md');
  const lines = [...page.matchAll(/^ {4,}kubectl (.*)$/gm)].map(([, line = '']) => line.replaceAll('POD', POD));
  return lines.filter((line) => !line.includes(' exec ')).map((line) => splitWords(line) ?? []);
}

const imagesOf = ({ containers, initContainers }: Spec): Record<string, string> =>
  Object.fromEntries([...initContainers, ...containers].map(({ image, name }) => [name, image]));

async function specOf(kind: 'pod' | 'daemonset', name: string): Promise<Spec> {
  const json = await cluster().kubectl('-n', 'fairlead', 'get', kind, name, '-o', 'json');
  const { spec } = JSON.parse(json) as { spec: Spec & { template?: { spec: Spec } } };
  return spec.template?.spec ?? spec;
}

/** What the DaemonSet's controller would make, and a scheduler bind. */
beforeAll(async () => {
  if (cluster() === undefined) return;
  await cluster().installRights();
  const text = await read('deploy/kustomize/base/daemonset.yaml');
  const daemonSet = parse(text, { version: '1.1' }) as { spec: { template: { spec: object } } };
  const spec = { ...daemonSet.spec.template.spec, nodeName: 'lb1' };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: POD, namespace: 'fairlead' }, spec };
  for (const one of [daemonSet, pod]) await cluster().kubectlWith(JSON.stringify(one), 'apply', '-f', '-');
});

test('the commands of docs/upgrade.md change the image of the agent in the pod, and nothing else of it', async () => {
  const before = await specOf('pod', POD);
  const shown = await commands();
  expect(shown.map(([, , verb]) => verb)).toStrictEqual(['patch', 'set', 'set']);
  for (const words of shown) await cluster().kubectl(...words);
  expect(imagesOf(await specOf('pod', POD))).toStrictEqual({ ...imagesOf(before), agent: 'fairlead:NEW' });
  expect(imagesOf(await specOf('daemonset', 'fairlead'))).toHaveProperty('agent', 'fairlead:NEW');
  const strategy = await cluster().kubectl(
    '-n',
    'fairlead',
    'get',
    'daemonset',
    'fairlead',
    '-o',
    'jsonpath={.spec.updateStrategy}',
  );
  expect(JSON.parse(strategy)).toStrictEqual({ type: 'OnDelete' });
});

test('nothing else of a container can be changed in a running pod', async () => {
  const other = { spec: { containers: [{ name: 'agent', command: ['fairlead', 'status'] }] } };
  const patched = cluster().kubectl('-n', 'fairlead', 'patch', 'pod', POD, '-p', JSON.stringify(other));
  await expect(patched).rejects.toThrow(/pod updates may not change fields other than/);
});
