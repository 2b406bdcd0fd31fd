import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { CHART_SCHEMA, chartSchema } from '../../../docs/chart-schema.ts';
import { CHECKOUT } from '../../../lab/machine/place.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { obstacleToCluster } from '../../cluster/programs.ts';
import type { ApiObject } from '../../scenario/api-objects.ts';
import {
  comparable,
  configIn,
  exampleOf,
  KUSTOMIZATIONS,
  kustomized,
  kustomizedIn,
  linted,
  named,
  objectsIn,
  obstacleToHelm,
  templated,
} from './render.ts';
import { schemaProblems } from './schema.ts';

const read = (file: string): string => readFileSync(join(CHECKOUT, file), 'utf8');
const BASE = ['--values', exampleOf('base')] as const;
/** Values as JSON, on top of those of the base. */
const withBase = (values: object): readonly string[] => [
  ...BASE,
  ...Object.entries(values).flatMap(([key, value]) => ['--set-json', `${key}=${JSON.stringify(value)}`]),
];

test('the schema of the chart has that of the configuration in it', () => {
  const text = read(CHART_SCHEMA);
  expect(JSON.parse(text), 'write it anew by `npm run docs`').toStrictEqual(JSON.parse(chartSchema(text)));
});

test('the chart is of the version that is in the checkout', () => {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  expect(parse(read('deploy/helm/fairlead/Chart.yaml'))).toMatchObject({ version, appVersion: version });
});

describe('rendered by helm', () => {
  beforeEach(({ skip }) => {
    const obstacle = obstacleToCluster() ?? obstacleToHelm();
    if (obstacle !== undefined) skip(obstacle);
  });

  test.each(KUSTOMIZATIONS)(
    'it is %s, object by object, but for the labels of Helm and the Namespace',
    async (name) => {
      const expected = named(objectsIn(await kustomized(name)).map(comparable));
      delete expected['Namespace fairlead'];
      const objects = objectsIn(await templated('--values', exampleOf(name)));
      expect(objects.flatMap(schemaProblems)).toStrictEqual([]);
      expect(named(objects.map(comparable))).toStrictEqual(expected);
    },
  );

  test('every object has the labels of Helm, and the pods have not: their selector cannot change', async () => {
    const objects = objectsIn(await templated(...BASE));
    const label = { 'app.kubernetes.io/managed-by': 'Helm' };
    expect(objects).toMatchObject(objects.map(() => ({ metadata: { labels: label } })));
    expect(podTemplate(objects).metadata).toStrictEqual({ labels: { app: 'fairlead' } });
  });

  test('every value gets where it belongs', async () => {
    const resources = { requests: { cpu: '1' } };
    const objects = objectsIn(
      await templated(
        ...withBase({
          image: 'registry.example/fairlead@sha256:00',
          apiServer: { host: 'api.example', port: 443 },
          'config.http': { address: '[::1]:9999' },
          nodeSelector: { role: null, edge: 'yes' },
          passwordsSecret: 'md5',
          resources: { agent: resources, gobgpd: resources },
          tolerations: [{ key: 'edge', operator: 'Exists' }],
        }),
      ),
    );
    expect(objects.flatMap(schemaProblems)).toStrictEqual([]);
    const { spec } = podTemplate(objects);
    const [agent] = spec.containers;
    const all = [...spec.initContainers, ...spec.containers];
    expect(new Set(all.map(({ image }) => image))).toStrictEqual(new Set(['registry.example/fairlead@sha256:00']));
    expect(spec).toMatchObject({ nodeSelector: { edge: 'yes' }, tolerations: [{ key: 'edge', operator: 'Exists' }] });
    expect(spec.volumes).toContainEqual({
      name: 'passwords',
      secret: { secretName: 'md5', defaultMode: 0o400, optional: true },
    });
    expect(all.slice(1)).toMatchObject([{ resources }, { resources }]);
    expect(agent?.env).toContainEqual({ name: 'KUBERNETES_SERVICE_HOST', value: 'api.example' });
    expect(agent?.env).toContainEqual({ name: 'KUBERNETES_SERVICE_PORT', value: '443' });
    const httpGet = { host: '::1', port: 9999 };
    expect(agent).toMatchObject({ livenessProbe: { httpGet }, readinessProbe: { httpGet } });
  });

  test('with monitoring it is the base with the component of deploy/prometheus', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fairlead-helm-'));
    try {
      for (const part of ['kustomize', 'prometheus'])
        await cp(join(CHECKOUT, 'deploy', part), join(folder, part), { recursive: true });
      await writeFile(join(folder, 'kustomization.yaml'), 'resources: [kustomize/base]\ncomponents: [prometheus]\n');
      const expected = named(objectsIn(await kustomizedIn(folder)).map(comparable));
      const values = withBase({ 'config.http': { metricsPort: 9467 }, monitoring: true });
      const objects = named(objectsIn(await templated(...values)).map(comparable));
      const names = ['DaemonSet', 'PodMonitor', 'PrometheusRule'].map((kind) => `${kind} fairlead/fairlead`);
      for (const name of names) expect(objects[name]).toStrictEqual(expected[name] ?? 'an object of the component');
      expect(Object.keys(objects)).toHaveLength(Object.keys(expected).length - 1);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('in another namespace, account, rights and policies are of that one', async () => {
    const objects = objectsIn(await templated(...BASE, '--namespace', 'edge'));
    const expected = JSON.stringify(objectsIn(await templated(...BASE)))
      .replaceAll('"namespace":"fairlead"', '"namespace":"edge"')
      .replaceAll('system:serviceaccount:fairlead:', 'system:serviceaccount:edge:');
    expect(objects).toStrictEqual(JSON.parse(expected));
  });

  test('numbers and texts of the configuration come out as they went in', async () => {
    const config = { bgp: { localAs: 4_200_000_000, peers: [{ address: '10.22.108.1', as: 4_294_967_294 }] } };
    const communities = { announcement: { communities: ['64512:100', '64512:10'] } };
    const objects = objectsIn(
      await templated(...withBase({ 'config.bgp': config.bgp, 'config.announcement': communities.announcement })),
    );
    expect(parse(configIn(objects))).toMatchObject({ ...config, ...communities });
    expect(parseConfig(configIn(objects), 'lb-1', '10.22.108.100').config?.bgp.localAs).toBe(4_200_000_000);
  });

  test.each([
    ['a range as a text', { 'config.ranges': ['fd99:66::/112'] }, true],
    ['a range as a mapping', { 'config.ranges': [{ prefix: 'fd99:66::/112', med: 1 }] }, true],
    ['external addresses', { 'config.dataplane': { externalIPs: ['fd99:67::/112'] } }, true],
    ['addresses of load balancers', { 'config.dataplane': { loadBalancerIPs: ['fd99:67::/112'] } }, true],
    ['`ipv6`, for `auto`', { 'config.ranges': 'auto', ipv6: true }, true],
    ['`auto` alone', { 'config.ranges': 'auto' }, false],
    ['communities', { 'config.ranges': [{ prefix: '10.99.66.0/23', communities: ['64512:100'] }] }, false],
  ])('whether the kernel is prepared for IPv6: %s', async (_what, values, isPrepared) => {
    const [kernel] = podTemplate(objectsIn(await templated(...withBase(values)))).spec.initContainers;
    expect(kernel?.args?.[0]?.includes('ipv6/conf/all/forwarding')).toBe(isPrepared);
  });

  test.each([
    ['nothing at all', [], "at '/apiServer': missing property 'host'"],
    ['monitoring without a port', withBase({ monitoring: true }), "at '/config': missing property 'http'"],
    ['nothing at all', [], "at '/config': missing properties 'ranges', 'bgp'"],
    ['a mistyped value', withBase({ imag: 'x' }), "at '': additional properties 'imag' not allowed"],
    [
      'a URL for a host',
      withBase({ 'apiServer.host': 'https://10.22.108.10:6443' }),
      "at '/apiServer/host': 'https://",
    ],
    ['a text for a port', withBase({ 'apiServer.port': '6443' }), "at '/apiServer/port': got string, want integer"],
    ['a mistyped key of the configuration', withBase({ 'config.bgp.localAS': 1 }), "additional properties 'localAS'"],
    [
      'a kind of another file',
      withBase({ 'config.kind': 'Config' }),
      "at '/config/kind': value must be 'FairleadConfig'",
    ],
    [
      'a range without its length',
      withBase({ 'config.ranges': ['10.99.66.0'] }),
      "at '/config/ranges/0': '10.99.66.0'",
    ],
    ['no label of the lb nodes', withBase({ 'nodeSelector.role': null }), "at '/nodeSelector': minProperties"],
    ['a toleration as a text', withBase({ tolerations: 'all' }), "at '/tolerations': got string, want array"],
    ['another container', withBase({ 'resources.sidecar': {} }), "at '/resources': additional properties 'sidecar'"],
    ['an old cluster', [...BASE, '--kube-version', '1.29.0'], 'requires kubeVersion: >=1.30.0-0'],
  ])('it refuses %s', async (_what, args, message) => {
    await expect(templated(...args)).rejects.toThrow(message);
  });

  test('helm finds nothing wrong with the chart', async () => {
    expect(await linted(...BASE)).toContain('0 chart(s) failed');
  });
});

interface Container {
  readonly image: string;
  readonly args?: readonly string[];
  readonly env: readonly object[];
}

interface PodTemplate {
  readonly metadata: object;
  readonly spec: {
    readonly containers: readonly Container[];
    readonly initContainers: readonly Container[];
    readonly volumes: readonly object[];
  };
}

function podTemplate(objects: readonly ApiObject[]): PodTemplate {
  const { spec } = named(objects)['DaemonSet fairlead/fairlead'] as unknown as { spec: { template: PodTemplate } };
  return spec.template;
}
