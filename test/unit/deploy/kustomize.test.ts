import { beforeEach, describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/parse.ts';
import { obstacleToCluster } from '../../cluster/programs.ts';
import type { ApiObject } from '../../scenario/api-objects.ts';
import { configIn, KUSTOMIZATIONS, kustomized, named, nameOf, objectsIn, OVERLAYS } from './render.ts';
import { schemaProblems } from './schema.ts';

beforeEach(({ skip }) => {
  const obstacle = obstacleToCluster();
  if (obstacle !== undefined) skip(obstacle);
});

const CONFIG = 'ConfigMap fairlead/fairlead';
const DAEMON_SET = 'DaemonSet fairlead/fairlead';

/** What the agent of an lb node makes of the configuration. */
const configOf = (objects: readonly ApiObject[]) => parseConfig(configIn(objects), 'lb-1', '10.22.108.100');

describe.each(KUSTOMIZATIONS)('%s', (name) => {
  test('has every object once, and each is what Kubernetes knows', async () => {
    const objects = objectsIn(await kustomized(name));
    expect(objects.map(nameOf).toSorted()).toStrictEqual([
      'ClusterRole fairlead',
      'ClusterRoleBinding fairlead',
      CONFIG,
      DAEMON_SET,
      'Namespace fairlead',
      'Role default/fairlead-events',
      'Role fairlead/fairlead',
      'RoleBinding default/fairlead-events',
      'RoleBinding fairlead/fairlead',
      'ServiceAccount fairlead/fairlead',
      'ValidatingAdmissionPolicy fairlead-events',
      'ValidatingAdmissionPolicy fairlead-node-condition',
      'ValidatingAdmissionPolicyBinding fairlead-events',
      'ValidatingAdmissionPolicyBinding fairlead-node-condition',
    ]);
    expect(objects.flatMap(schemaProblems)).toStrictEqual([]);
  });

  test('has a configuration that an agent takes', async () => {
    expect(configOf(objectsIn(await kustomized(name)))).toMatchObject({
      config: { bgp: { localAs: 64_512, routerId: '10.22.108.100' }, source: { kind: 'kubernetes' } },
    });
  });
});

test.each([
  ['two-tors', { dataplane: { mode: 'ipvs' }, ranges: ['10.99.66.0/23'] }, ['10.22.108.1', '10.22.108.2']],
  ['dual-stack', { dataplane: { mode: 'ipvs' }, ranges: ['10.99.66.0/23', 'fd99:66::/112'] }, ['10.22.108.1']],
  ['announce-only', { dataplane: { mode: 'none' }, ranges: ['10.99.66.0/23'] }, ['10.22.108.1']],
] as const)('the configuration of %s means what its name says', async (overlay, meant, addresses) => {
  const { config } = configOf(objectsIn(await kustomized(`overlays/${overlay}`)));
  const peers = addresses.map((address) => ({ place: { address }, bfd: { intervalMs: 300, multiplier: 3 } }));
  expect(config).toMatchObject({ ...meant, bgp: { peers } });
});

test.each(OVERLAYS)(
  '%s differs from the base in its configuration, and in the step that prepares the kernel',
  async (overlay) => {
    const base = named(objectsIn(await kustomized('base')));
    const own = named(objectsIn(await kustomized(`overlays/${overlay}`)));
    const same = Object.keys(base).filter((name) => name !== CONFIG && name !== DAEMON_SET);
    for (const name of same) expect(own[name]).toStrictEqual(base[name]);
    expect(withoutKernel(own[DAEMON_SET])).toStrictEqual(withoutKernel(base[DAEMON_SET]));
    expect(own[CONFIG]?.metadata).toStrictEqual(base[CONFIG]?.metadata);
  },
);

interface Pod {
  readonly initContainers: readonly {
    readonly name: string;
    readonly securityContext: { readonly privileged?: true };
  }[];
  readonly containers: readonly { readonly name: string; readonly securityContext: { readonly privileged?: true } }[];
  readonly volumes: readonly { readonly name: string }[];
}

const podOf = (daemonSet: ApiObject | undefined): Pod =>
  (daemonSet as unknown as { spec: { template: { spec: Pod } } }).spec.template.spec;

/** The pod without the container `kernel`, and without the volume that it alone mounts. */
function withoutKernel(daemonSet: ApiObject | undefined): Pod {
  const { initContainers, volumes, ...rest } = podOf(daemonSet);
  return {
    ...rest,
    initContainers: initContainers.filter(({ name }) => name !== 'kernel'),
    volumes: volumes.filter(({ name }) => name !== 'modules'),
  };
}

test.each([
  ['base', ['kernel']],
  ['overlays/two-tors', ['kernel']],
  ['overlays/dual-stack', ['kernel']],
  ['overlays/announce-only', []],
] as const)('%s has these privileged containers: %j', async (name, privileged) => {
  const { containers, initContainers } = podOf(named(objectsIn(await kustomized(name)))[DAEMON_SET]);
  const found = [...initContainers, ...containers].filter((one) => one.securityContext.privileged);
  expect(found.map((one) => one.name)).toStrictEqual(privileged);
});

test.each([
  ['a mistyped field of the pod', 'terminationGracePeriodSeconds:', 'terminationGracePeriodSecond:'],
  ['a mistyped field of a container', 'readOnlyRootFilesystem:', 'readOnlyRootFileSystem:'],
  ['a text for a flag', 'hostNetwork: true', 'hostNetwork: "true"'],
  ['a number for a text', 'value: "6443"', 'value: 6443'],
  ['a text for a number', 'port: 9466', 'port: []'],
  ['a mistyped field of a policy', 'failurePolicy:', 'failPolicy:'],
  ['a rule without its verbs', 'verbs:', 'verb:'],
])('%s is seen', async (_what, good, bad) => {
  const text = await kustomized('base');
  expect(text).toContain(good);
  expect(objectsIn(text.replace(good, bad)).flatMap(schemaProblems)).not.toStrictEqual([]);
});
