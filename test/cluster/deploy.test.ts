import { beforeEach, describe, expect, test } from 'vitest';
import { type ApiObject, node } from '../scenario/api-objects.ts';
import { exampleOf, KUSTOMIZATIONS, kustomized, obstacleToHelm, released, templated } from '../unit/deploy/render.ts';
import { agentPod } from './agent-account.ts';
import { ask } from './ask.ts';
import { eventually } from './followed.ts';
import { clusterForAll } from './for-all.ts';

const cluster = clusterForAll();

const NAMESPACE = { apiVersion: 'v1', kind: 'Namespace' } as const;

/** As a person applies it. kubectl lets the API server refuse fields that it does not know (`fieldValidation=Strict`). */
const apply = (manifests: string, ...args: readonly string[]): Promise<string> =>
  cluster().kubectlWith(manifests, 'apply', '--server-side', '--validate=strict', ...args, '-f', '-');

/** The objects that are there of these manifests, each with its version. */
async function versions(manifests: string): Promise<Record<string, unknown>> {
  const output = ['-o', 'jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.resourceVersion}{"\\n"}{end}'];
  const lines = await cluster().kubectlWith(manifests, 'get', '--ignore-not-found', ...output, '-f', '-');
  return Object.fromEntries(lines.split('\n').flatMap((line) => (line === '' ? [] : [line.split(' ')])));
}

/** Nobody runs that would end a namespace: what its controller does once nothing is left in it. */
async function finalize(name: string): Promise<void> {
  const path = `/api/v1/namespaces/${name}`;
  const namespace = (await cluster().api.get(path)) as ApiObject;
  await cluster().api.must('PUT', `${path}/finalize`, { ...namespace, spec: { finalizers: [] } });
}

describe.each([
  ['kustomize', kustomized],
  ['helm', (name: (typeof KUSTOMIZATIONS)[number]) => templated('--values', exampleOf(name))],
] as const)('what %s makes', (program, render) => {
  beforeEach(({ skip }) => {
    const obstacle = program === 'helm' ? obstacleToHelm() : undefined;
    if (obstacle !== undefined) skip(obstacle);
  });

  test.each(KUSTOMIZATIONS)('of %s is taken, changes nothing the second time, and can be deleted', async (name) => {
    const manifests = await render(name);
    if (program === 'helm') await cluster().api.put({ ...NAMESPACE, metadata: { name: 'fairlead' } });
    await apply(manifests);
    const first = await versions(manifests);
    expect(Object.keys(first)).toHaveLength(program === 'helm' ? 13 : 14);
    await apply(manifests);
    expect(await versions(manifests)).toStrictEqual(first);

    await cluster().kubectlWith(manifests, 'delete', '--wait=false', '-f', '-');
    if (program === 'helm') await cluster().kubectl('delete', 'namespace', 'fairlead', '--wait=false');
    await finalize('fairlead');
    await eventually(async () => expect(await versions(manifests)).toStrictEqual({}));
  });

  test('is refused with a mistyped field', async () => {
    const manifests = (await render('base')).replace('readOnlyRootFilesystem', 'readOnlyRootFileSystem');
    await cluster().api.put({ ...NAMESPACE, metadata: { name: 'fairlead' } });
    await expect(apply(manifests, '--dry-run=server')).rejects.toThrow(
      '.readOnlyRootFileSystem: field not declared in schema',
    );
  });
});

/** What helm does in the namespace `edge`. */
const inEdge = (verb: string, ...args: readonly string[]): Promise<string> => {
  const home = cluster().file('helm');
  const env = {
    KUBECONFIG: cluster().adminKubeconfig,
    KUBECACHEDIR: home,
    HELM_CACHE_HOME: home,
    HELM_DATA_HOME: home,
  };
  return released(verb, 'edge', { ...env, HELM_CONFIG_HOME: home }, ...args);
};

/** A kubeconfig with the token that kubelet would get for the agent's pod on lb-1. */
async function kubeconfigOfAgent(): Promise<string> {
  const pod = agentPod('lb-1');
  await cluster().api.put({ ...pod, metadata: { ...pod.metadata, namespace: 'edge' } });
  const bound = ['--bound-object-kind', 'Pod', '--bound-object-name', pod.metadata.name];
  const token = await cluster().kubectl('create', 'token', 'fairlead', '--namespace', 'edge', ...bound);
  return cluster().kubeconfigFor({ token: token.trim() });
}

describe('helm', () => {
  beforeEach(({ skip }) => {
    const obstacle = obstacleToHelm();
    if (obstacle !== undefined) skip(obstacle);
  });

  test('installs, upgrades and uninstalls the chart in a namespace of another name, and its policies hold there', async () => {
    await cluster().api.put({ ...NAMESPACE, metadata: { name: 'edge' } });
    await Promise.all(['lb-1', 'lb-2'].map((name) => cluster().api.put(node(name, 'a'))));
    await inEdge('install', '--values', exampleOf('base'));
    const manifests = await templated('--values', exampleOf('base'), '--namespace', 'edge');
    const first = await versions(manifests);
    expect(Object.keys(first)).toHaveLength(13);

    const agent = await kubeconfigOfAgent();
    const say = (name: string, type: string): Promise<string> => {
      const conditions = [{ type, status: 'True', reason: 'Announced', message: 'announcing' }];
      return ask(agent, 'PATCH', `/api/v1/nodes/${name}/status`, { status: { conditions } });
    };
    // A policy is in force a moment after it has been written.
    await eventually(async () => expect(await say('lb-2', 'FairleadAnnouncing')).toContain('found lb-1'));
    expect(await say('lb-1', 'Ready')).toContain('nothing in the status of a Node but its condition');
    expect(await say('lb-1', 'FairleadAnnouncing')).toBe('done');

    await inEdge('upgrade', '--values', exampleOf('base'));
    expect(await versions(manifests)).toStrictEqual(first);
    await inEdge('upgrade', '--values', exampleOf('overlays/two-tors'));
    expect(await cluster().kubectl('-n', 'edge', 'get', 'configmap', 'fairlead', '-o', 'yaml')).toContain(
      '10.22.108.2',
    );
    // As docs/upgrade.md does it: helm does not set an older image again that it was not told of.
    await cluster().kubectl('-n', 'edge', 'set', 'image', 'daemonset/fairlead', 'agent=fairlead:NEW');
    await expect(inEdge('upgrade', '--values', exampleOf('base'))).rejects.toThrow('conflict with "kubectl-set"');
    await inEdge('upgrade', '--values', exampleOf('base'), '--set', 'image=fairlead:NEW');
    await inEdge('uninstall');
    await eventually(async () => expect(await versions(manifests)).toStrictEqual({}));
    expect(await cluster().kubectl('-n', 'edge', 'get', 'secrets', '-o', 'name')).toBe('');
  }, 240_000);
});
