import { expect, test, vi } from 'vitest';
import { endpointSlice, service } from '../scenario/api-objects.ts';
import { clusterForAll } from './for-all.ts';
import { AGENT_USER } from './agent-account.ts';

const cluster = clusterForAll();

test('the API server is a real one, and so is kubectl', async () => {
  expect(await cluster().api.get('/version')).toMatchObject({ gitVersion: expect.stringMatching(/^v1\.\d+\.\d+$/) });
  await cluster().api.put(service('web', '10.99.66.10'));
  await cluster().api.put(endpointSlice('web', ['10.1.0.101']));
  expect(await cluster().kubectl('get', 'services', '-o', 'name')).toContain('service/web');
});

test('the account of the agents has its rights and no others, and what it asks for is in the audit log', async () => {
  await cluster().installRights();
  const may = async (verb: string, resource: string): Promise<string> => {
    const args = ['--kubeconfig', await cluster().agentKubeconfig('lb-1'), 'auth', 'can-i', verb, resource];
    return cluster()
      .kubectl(...args)
      .catch((error: { stdout?: string }) => String(error.stdout));
  };
  expect(await may('watch', 'services')).toBe('yes');
  expect(await may('delete', 'services')).toBe('no');
  const asked = (await cluster().audit()).filter(({ resource, user }) => user === AGENT_USER && resource !== '');
  expect(asked).toMatchObject([
    { verb: 'create', group: 'authorization.k8s.io', resource: 'selfsubjectaccessreviews', status: 201 },
    { verb: 'create', group: 'authorization.k8s.io', resource: 'selfsubjectaccessreviews', status: 201 },
  ]);
});

test('the API server can be frozen, killed and restarted, and etcd keeps what there is', async () => {
  const { resourceVersion } = (await cluster().api.put(service('kept', '10.99.66.11'))).metadata;
  cluster().freezeApiServer();
  const late = cluster().api.get('/api/v1/namespaces/default/services/kept');
  cluster().thawApiServer();
  expect(await late).toMatchObject({ metadata: { resourceVersion } });
  await cluster().killApiServer();
  await expect(cluster().api.get('/readyz')).rejects.toThrow('ECONNREFUSED');
  await cluster().compact();
  await cluster().startApiServer();
  expect(await cluster().api.get('/api/v1/namespaces/default/services/kept')).toMatchObject({
    metadata: { resourceVersion },
  });
  const old = `/api/v1/services?watch=true&resourceVersion=${Number(resourceVersion) - 1}&timeoutSeconds=5`;
  await vi.waitFor(async () => expect(JSON.stringify(await cluster().api.get(old))).toContain('"code":410'));
});
