import { globSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { LAST_GOOD } from '../../../src/config/load.ts';
import { parseDuration } from '../../../src/config/read.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { parseAddress, prefixContains } from '../../../src/model/address.ts';

const read = (file: string): string => readFileSync(new URL(`../../../deploy/${file}`, import.meta.url), 'utf8');

interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly restartPolicy?: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly lifecycle?: { readonly preStop: { readonly exec: { readonly command: readonly string[] } } };
  readonly livenessProbe?: { readonly httpGet: { readonly port: number; readonly host: string } };
  readonly readinessProbe?: { readonly httpGet: { readonly port: number; readonly host: string } };
  readonly resources: unknown;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

interface DaemonSet {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly containers: readonly Container[];
        readonly initContainers: readonly Container[];
        readonly volumes: readonly { readonly name: string }[];
        readonly nodeSelector: unknown;
        readonly hostNetwork: boolean;
        readonly terminationGracePeriodSeconds: number;
      };
    };
  };
}

const folders = (container: Container | undefined): string[] =>
  container?.volumeMounts.map(({ mountPath }) => mountPath) ?? [];

/** As Kubernetes does, to which 0400 is octal. */
const pod = (parse(read('kustomize/base/daemonset.yaml'), { version: '1.1' }) as DaemonSet).spec.template.spec;
const [agent, ...others] = pod.containers;
const [, gobgpd] = pod.initContainers;
const configText = read('kustomize/base/config.yaml');
const { config } = parseConfig(configText, 'n', '10.22.108.100');

test('the configuration in the ConfigMap is one that the agent takes, with what the DaemonSet puts around it', () => {
  expect(config).toMatchObject({
    ranges: ['10.99.66.0/23'],
    bgp: { routerId: '10.22.108.100' },
    source: { kind: 'kubernetes' },
  });
  expect(agent?.env?.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['NODE_NAME', 'NODE_IP', 'POD_NAMESPACE']),
  );
});

test('the pod runs on the nodes with role=lb, in the network of the host', () => {
  expect(pod).toMatchObject({ nodeSelector: { role: 'lb' }, hostNetwork: true });
});

test('the agent asks an API server itself, and not by a ClusterIP, as kubelet would have it', () => {
  const host = agent?.env?.find(({ name }) => name === 'KUBERNETES_SERVICE_HOST')?.value ?? '';
  expect(parseAddress(host)).toBe(host);
  expect(config?.ranges.filter((range) => prefixContains(range, host))).toStrictEqual([]);
});

test("kubelet's probes ask where the agent listens", () => {
  const { host, port } = agent?.livenessProbe?.httpGet ?? {};
  expect(`${host}:${port}`).toBe(config?.http.address);
  expect(agent?.readinessProbe?.httpGet).toMatchObject({ host, port });
});

test('DaemonSet and lab start the program by its name, with the configuration where it is mounted', () => {
  const lab = readFileSync(new URL('../../../lab/fairlead.clab.yml', import.meta.url), 'utf8');
  const started = [...lab.matchAll(/cmd: (fairlead .*)/g)].map(([, line]) => line);
  expect([agent, gobgpd].map((container) => container?.command?.join(' '))).toEqual(started);
  expect(read('Dockerfile')).toMatch(/^ENTRYPOINT \[\]\nCMD \["fairlead", "run"\]$/m);
  for (const container of [agent, gobgpd]) expect(folders(container)).toContain('/etc/fairlead');
});

test('the pod has the time that its end takes: the drain, the telling of the peers, and the wait behind it', () => {
  const command = agent?.lifecycle?.preStop.exec.command ?? [];
  expect(command).toStrictEqual(['fairlead', 'drain', '--wait', '--until-exit', '--timeout', expect.any(String)]);
  const drainMs = parseDuration(command.at(-1) ?? '') ?? Number.NaN;
  const tellPeersMs = 5000;
  // Twice the start of a process, and what the command waits for an agent that decides late.
  const spareMs = 10_000;
  const { drain, stopWaitMs = Number.NaN } = config?.announcement ?? {};
  expect(drainMs).toBeGreaterThan((drain?.settleMs ?? Number.NaN) + 10_000);
  expect(pod.terminationGracePeriodSeconds * 1000).toBeGreaterThanOrEqual(drainMs + tellPeersMs + stopWaitMs + spareMs);
});

test('agent and sidecar share the directories of their sockets and of the last good configuration', () => {
  const sockets = [config?.bgp.gobgp.replace('unix://', ''), config?.deadman.socket];
  const shared = [...sockets, LAST_GOOD].map((path = '') => dirname(path));
  for (const container of [agent, gobgpd]) expect(folders(container)).toEqual(expect.arrayContaining(shared));
  expect(folders(agent)).toContain(dirname(config?.http.socket ?? ''));
});

test('gobgpd is a sidecar: started before the agent, restarted by itself, and ended after it', () => {
  expect(others).toEqual([]);
  expect(gobgpd).toMatchObject({ name: 'gobgpd', restartPolicy: 'Always' });
  expect(gobgpd?.env?.map(({ name }) => name)).toEqual(['NODE_NAME', 'NODE_IP']);
});

test('one image holds everything, the gobgpd that the sidecar starts included', () => {
  const images = [...pod.initContainers, ...pod.containers].map(({ image }) => image);
  expect(new Set(images)).toEqual(new Set(['fairlead:dev']));
  expect(read('Dockerfile')).toMatch(/apt-get install [^&]*\bgobgpd\b/);
});

test('the image has the gobgpd that the lab has, and nothing else of that later Debian', () => {
  const setUp = readFileSync(new URL('../../../lab/setup/gobgpds.mjs', import.meta.url), 'utf8');
  const [, suite = ''] = /suite: '(\w+)',\s+folder: '4'/.exec(setUp) ?? [];
  expect(parse(read('apt/gobgpd.sources'))).toMatchObject({ Types: 'deb', Suites: suite, Components: 'main' });
  const pin = (name: string, priority: number): string =>
    `Package: ${name}\nPin: release n=${suite}\nPin-Priority: ${priority}\n`;
  expect(read('apt/gobgpd.pref')).toBe(`${pin('*', -1)}\n${pin('gobgpd', 990)}`);
  const dockerfile = read('Dockerfile');
  const copied = [...dockerfile.matchAll(/^COPY deploy\/(apt\/\S+) \/etc\/apt\/(\S+)\/$/gm)].map(([, from, to]) => [
    from,
    to,
  ]);
  expect(copied).toEqual([
    ['apt/gobgpd.sources', 'sources.list.d'],
    ['apt/gobgpd.pref', 'preferences.d'],
  ]);
  const [, least] = /expected: '4\.x from (\S+) on'/.exec(setUp) ?? [];
  expect(dockerfile).toContain(`gobgpd)" ge ${least}`);
});

test('a session can have a password: the Secret is a folder of the agent alone, and a cluster without it is well', () => {
  const [, file = ''] = /# passwordFile: (\S+)/.exec(configText) ?? [];
  expect(folders(agent)).toContain(dirname(file));
  expect(folders(gobgpd)).not.toContain(dirname(file));
  const name = agent?.volumeMounts.find(({ mountPath }) => mountPath === dirname(file))?.name;
  expect(pod.volumes.find((volume) => volume.name === name)).toMatchObject({
    secret: { defaultMode: 0o400, optional: true },
  });
  const withPassword = configText.replace('# passwordFile', 'passwordFile');
  expect(parseConfig(withPassword, 'n', '10.22.108.100')).toMatchObject({
    config: { bgp: { peers: [{ passwordFile: file }] } },
  });
});

test('BFD is as short as is asked for, and gobgpd has its share of the CPU for it', () => {
  expect(config?.bgp.peers).toMatchObject([{ bfd: { intervalMs: 300, multiplier: 3 } }]);
  expect(gobgpd?.resources).toEqual({
    requests: { cpu: expect.any(String), memory: expect.any(String) },
    limits: { memory: expect.any(String) },
  });
});

test('every volume that is mounted is there, and none is there for nothing', () => {
  const mounted = [...pod.containers, ...pod.initContainers].flatMap(({ volumeMounts }) =>
    volumeMounts.map(({ name }) => name),
  );
  expect([...new Set(mounted)].toSorted()).toEqual(pod.volumes.map(({ name }) => name).toSorted());
});

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly namespace?: string };
  readonly rules?: readonly Rule[];
}

const manifests = ['rbac', 'admission-policies']
  .flatMap((name) => parseAllDocuments(read(`kustomize/base/${name}.yaml`)))
  .map((document) => document.toJS() as Manifest);

/** What is allowed, one line for each resource: `PATH verbs`. */
const allowed = manifests.flatMap(({ metadata, rules = [] }) =>
  rules.flatMap(({ apiGroups: [group], resources, verbs }) => {
    const api = group === '' ? '/api/v1' : `/apis/${group}/v1`;
    const inside = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
    return resources.map((one) => `${api}${inside}/${one} ${verbs.join(' ')}`);
  }),
);

const text = (file: string): string => readFileSync(new URL(`../../../src/${file}`, import.meta.url), 'utf8');

/** The paths in the API that are written in a source file. */
const pathsIn = (file: string): string[] =>
  [...text(file).matchAll(/['`](\/apis?\/[^'`]+)['`]/g)].map(([, path = '']) => path).toSorted();

test('the cluster roles allow to list and watch what the source reads, and to patch what the Node says, and nothing else', () => {
  const sources = ['source/kubernetes.ts', 'source/service-cidrs.ts'].flatMap(pathsIn);
  const reads = sources.map((path) => `${path} list watch`);
  expect(allowed.filter((line) => !line.includes('/namespaces/')).toSorted()).toEqual(
    [...reads, '/api/v1/nodes/status patch'].toSorted(),
  );
  expect(pathsIn('cluster/node-condition-desk.ts')).toStrictEqual([
    '/api/v1/nodes',
    '/api/v1/nodes/${encodeURIComponent(this.#node)}/status',
  ]);
});

// That these are the verbs which are used, and all of them, is tested where a real API server is asked: test/cluster/rights.test.ts.
test('the roles allow what the presence of the agents does with Leases, and Events of Nodes, and nothing else', () => {
  const leases = pathsIn('cluster/lease-api.ts').map((path) => path.replace('${namespace}', 'fairlead'));
  expect(allowed.filter((line) => line.includes('/namespaces/'))).toEqual([
    ...leases.map((path) => `${path} create delete get list update watch`),
    ...pathsIn('cluster/node-event.ts').map((path) => `${path} create patch`),
  ]);
});

const WRITES = /\b(create|update|patch|delete|deletecollection|\*)\b/;

test('Services are read and never written: nobody may, and no file but four writes anything at all', () => {
  const services = allowed.filter((line) => /\/(services|\*)/.test(line));
  expect(services).toHaveLength(1);
  for (const line of services) expect(line).not.toMatch(WRITES);
  const sources = globSync('**/*.ts', { cwd: new URL('../../../src', import.meta.url) });
  const writers = sources.filter((file) => text(file).includes('client.write(')).toSorted();
  // The last one asks what the account may do, which is a POST that leaves nothing behind.
  const three = ['cluster/event-desk.ts', 'cluster/lease-api.ts', 'cluster/node-condition-desk.ts'];
  expect(writers).toStrictEqual([...three, 'doctor/api-facts.ts']);
  for (const file of writers) expect(text(file)).not.toMatch(/services/i);
});

test('what may be written of Nodes and of Events is narrowed by a policy each, which refuses', () => {
  const policies = manifests.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');
  const bindings = manifests.filter(({ kind }) => kind === 'ValidatingAdmissionPolicyBinding');
  const names = ['fairlead-node-condition', 'fairlead-events'];
  expect(policies).toMatchObject(names.map((name) => ({ metadata: { name }, spec: { failurePolicy: 'Fail' } })));
  expect(bindings).toMatchObject(names.map((policyName) => ({ spec: { policyName, validationActions: ['Deny'] } })));
});
