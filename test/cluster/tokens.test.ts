import { readFile, writeFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { endpointSlice, node, service } from '../scenario/api-objects.ts';
import type { AuditedRequest } from './audit.ts';
import { FILES } from './files.ts';
import { clusterForAll } from './for-all.ts';
import { eventually, Followed, NODE } from './followed.ts';
import { type Account, signToken } from './token.ts';

const cluster = clusterForAll();

/** Tokens of the agents' account as the API server would sign them. */
async function tokens(): Promise<(seconds: number) => string> {
  const key = await readFile(cluster().file(FILES.accountKey), 'utf8');
  const path = '/api/v1/namespaces/fairlead/serviceaccounts/fairlead';
  const { metadata } = (await cluster().api.get(path)) as { metadata: Account };
  return (seconds) => signToken(key, metadata, seconds);
}

test('a token that runs out while nobody renews it withdraws nothing, and the next one is taken up', async () => {
  await cluster().installRights();
  const issue = await tokens();
  const tokenFile = cluster().file('token');
  await writeFile(tokenFile, issue(600));
  await cluster().api.put(service('web', '10.99.66.10'));
  await cluster().api.put(endpointSlice('web', ['10.1.0.101']));
  await cluster().api.put(node(NODE, 'a'));
  await using followed = await Followed.start(await cluster().kubeconfigFor({ tokenFile }));
  // As if kubelet had not renewed it for an hour. A watch that is open stays so: a token counts when a request begins.
  await writeFile(tokenFile, issue(-60));
  await cluster().api.put(endpointSlice('web', ['10.1.0.102']));
  await eventually(() => expect(followed.endpoints('web')).toStrictEqual(['10.1.0.102']));
  await cluster().killApiServer();
  await cluster().startApiServer();
  await eventually(() => expect(followed.problem).toBe('HTTP 401: Unauthorized'));
  expect(followed.source.status()).toMatchObject({ synced: true, services: 2, slices: 1 });
  await writeFile(tokenFile, issue(600));
  await eventually(() => expect(followed.problem).toBeUndefined());
  await cluster().api.put(endpointSlice('web', ['10.1.0.103']));
  await eventually(() => expect(followed.endpoints('web')).toStrictEqual(['10.1.0.103']));
});

test('a token that is renewed in its file before it runs out is taken up without a request that fails', async () => {
  await cluster().installRights();
  const issue = await tokens();
  const tokenFile = cluster().file('token');
  await writeFile(tokenFile, issue(8));
  const runsOut = Date.now() + 8000;
  const kubeconfig = await cluster().kubeconfigFor({ tokenFile });
  // A watch that brings nothing is begun anew every second.
  await using followed = await Followed.start(kubeconfig, { watchMs: 1000, bodyMs: 1000 });
  const before = await requests();
  await writeFile(tokenFile, issue(600));
  await vi.waitUntil(() => Date.now() > runsOut + 3000, { timeout: 20_000 });
  await cluster().api.put(endpointSlice('web', ['10.1.0.104']));
  await eventually(() => expect(followed.endpoints('web')).toStrictEqual(['10.1.0.104']));
  const since = (await requests()).slice(before.length);
  expect(since.length).toBeGreaterThan(6);
  expect(since.filter(({ status }) => status !== 200)).toStrictEqual([]);
});

/** What was asked with the client of an agent, by whomever the server took it for. */
const requests = async (): Promise<AuditedRequest[]> =>
  (await cluster().audit()).filter(({ agent }) => agent === 'fairlead');
