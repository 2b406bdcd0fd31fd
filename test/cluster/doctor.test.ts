import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { apiFacts } from '../../src/doctor/api-facts.ts';
import { apiFindings } from '../../src/doctor/api-server.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import { clusterForAll } from './for-all.ts';

const cluster = clusterForAll();

function configWith(kubeconfig: string): Config {
  const { config, problems } = parseConfig(
    `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
source: { kubernetes: { kubeconfig: ${kubeconfig} } }
ranges: [10.99.66.0/23]
bgp: { localAs: 64512, routerId: 10.22.108.100, peers: [{ address: 10.22.108.1, as: 64500 }] }
`,
    'lb-1',
  );
  if (config === undefined) throw new Error(JSON.stringify(problems));
  return config;
}

/** The part of the doctor that asks the API server: the rest looks at the machine that the tests run on. */
async function examine(config: Config): Promise<Finding[]> {
  const { source } = config;
  return apiFindings(await apiFacts(config, source.kind === 'kubernetes' ? source.kubeconfig : undefined));
}

const linesOf = (findings: readonly Finding[]): string[] =>
  findings.map(({ check, found, severity }) => `${severity} ${check}: ${found}`);
const wrong = (findings: readonly Finding[]): string[] => linesOf(findings.filter(({ severity }) => severity !== 'ok'));

beforeAll(async () => {
  await cluster()?.installRights();
});

test('with the rights of base/rbac.yaml nothing is wrong, and the doctor changes nothing', async () => {
  const kubeconfig = await cluster().agentKubeconfig();
  const before = (await cluster().audit()).length;
  const findings = await examine(configWith(kubeconfig));
  expect(wrong(findings)).toStrictEqual([]);
  expect(linesOf(findings)[0]).toBe(`ok api address: ${cluster().url}, from the kubeconfig ${kubeconfig}`);
  expect(findings.find(({ check }) => check === 'api certificate')?.found).toContain('IP Address:127.0.0.1');
  const asked = (await cluster().audit()).slice(before).filter(({ resource }) => resource !== '');
  expect(new Set(asked.map(({ resource, verb }) => `${verb} ${resource}`))).toStrictEqual(
    new Set(['create selfsubjectaccessreviews', 'list servicecidrs']),
  );
});

test('each missing verb is named, and what is lost without it', async () => {
  const rules = (await cluster().kubectl('get', 'role', 'fairlead', '-n', 'fairlead', '-o', 'json')).replace(
    '"update"',
    '"watch"',
  );
  try {
    await cluster().kubectlWith(rules, 'apply', '-f', '-');
    const found = wrong(await examine(configWith(await cluster().agentKubeconfig())));
    expect(found).toStrictEqual([
      'error rights: the Leases of the agents: may not update leases: the nodes do not know of each other: no fault withdraws, and no drain begins',
    ]);
  } finally {
    await cluster().installRights();
  }
});

test('an account that was taken everything is told so', async () => {
  await cluster().kubectl('create', 'serviceaccount', 'nobody', '-n', 'fairlead');
  const token = await cluster().kubectl('create', 'token', 'nobody', '-n', 'fairlead');
  const kubeconfig = await cluster().kubeconfigFor({ token });
  const found = wrong(await examine(configWith(kubeconfig)));
  expect(found).toHaveLength(7);
  expect(found[0]).toContain('may not list, watch services: nothing is served');
});

test('an API server in a range of the node, one that the certificate is not for, and one that is not there', async () => {
  const kubeconfig = await cluster().agentKubeconfig();
  // The configuration takes no such range; the API server of the tests has no other address.
  expect(wrong(await examine({ ...configWith(kubeconfig), ranges: ['127.0.0.0/24'] }))[0]).toContain(
    'lies in 127.0.0.0/24, which this node serves itself',
  );
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-doctor-'));
  /** With something more in the cluster of the kubeconfig. */
  const having = async (more: object): Promise<string[]> => {
    const given = JSON.parse(await readFile(kubeconfig, 'utf8')) as { clusters: [{ cluster: object }] };
    Object.assign(given.clusters[0].cluster, more);
    const file = join(folder, 'kubeconfig');
    await writeFile(file, JSON.stringify(given));
    return wrong(await examine(configWith(file)));
  };
  try {
    expect(await having({ 'tls-server-name': 'api.example' })).toMatchObject([
      expect.stringMatching(/^error api answer: .*does not match certificate's altnames/),
      expect.stringMatching(/^error api certificate: .*: not for api\.example$/),
    ]);
    expect(await having({ server: 'https://127.0.0.1:1' })).toMatchObject([
      expect.stringContaining('ECONNREFUSED'),
      expect.stringContaining('ECONNREFUSED'),
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a token that has ended is told', async () => {
  const kubeconfig = await cluster().kubeconfigFor({ token: 'no.such.token' });
  expect(wrong(await examine(configWith(kubeconfig)))[0]).toBe('error api answer: HTTP 401');
});
