import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { CHECKOUT } from '../../lab/machine/place.ts';
import { node } from '../scenario/api-objects.ts';
import { ApiParts } from './agent.ts';
import type { AuditedRequest } from './audit.ts';
import { AGENT_USER } from './agent-account.ts';
import { Cluster } from './cluster.ts';
import { eventually, NODE } from './followed.ts';
import { obstacleToCluster } from './programs.ts';
import { grantedRights, neededRights } from './rights.ts';

const LEASE = '/apis/coordination.k8s.io/v1/namespaces/fairlead/leases/fairlead-lb-1';
const EVENTS = '/api/v1/namespaces/default/events';

const granted = grantedRights(join(CHECKOUT, 'deploy/kustomize/base/rbac.yaml'));

beforeEach(({ skip }) => {
  const obstacle = obstacleToCluster();
  if (obstacle !== undefined) skip(obstacle);
});

test('base/rbac.yaml grants what the agent asks for, and nothing else', async () => {
  const plays = [await playIn({}), await playIn({ WatchList: false })];
  const asked = plays.flatMap((play) => play.asked);
  const refused = asked.filter(({ status }) => status === 401 || status === 403);
  expect(neededRights(refused, granted), 'refused, by a rule or by a policy of the base').toStrictEqual([]);
  expect(plays.flatMap(({ failure }) => failure ?? [])).toStrictEqual([]);
  // Everybody may ask for /version.
  const resources = asked.filter(({ resource }) => resource !== '');
  const needed = neededRights(resources, granted);
  expect(needed, 'asked for by the agent (received), and granted by base/rbac.yaml').toStrictEqual(granted);
}, 240_000);

/** What an agent has asked for in a cluster that knows watch-lists, or in one that does not, and what went wrong. */
async function playIn(
  gates: Readonly<Record<string, boolean>>,
): Promise<{ asked: AuditedRequest[]; failure: unknown }> {
  await using cluster = await Cluster.start({ gates });
  await cluster.installRights();
  await cluster.api.put(node(NODE, 'a'));
  const failure = await playAgent(cluster).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { failure, asked: (await cluster.audit()).filter(({ user }) => user === AGENT_USER) };
}

/** Lets an agent do all that it ever does with the API server. */
async function playAgent(cluster: Cluster): Promise<void> {
  const agent = new ApiParts(NODE, await cluster.agentKubeconfig(NODE));
  try {
    await agent.ready();
    agent.tell('announced');
    await agent.present();
    agent.tell('withdrawn');
    await eventually(async () => expect(await reasons(cluster)).toContain('Withdrawn 1'));
    // The same once more only counts on.
    agent.tell('withdrawn');
    await eventually(async () => expect(await reasons(cluster)).toContain('Withdrawn 2'));
    // Somebody tidies up: the agent has to look before it writes its Lease anew.
    await cluster.api.must('DELETE', LEASE);
    await eventually(() => cluster.api.must('GET', LEASE).then(() => undefined));
    await agent.present();
    await eventually(async () =>
      expect(await cluster.kubectl('get', 'node', NODE, '-o', 'yaml')).toContain('Fairlead'),
    );
  } finally {
    await agent[Symbol.asyncDispose]();
  }
  // The last thing an agent does is to take its Lease back.
  expect(await cluster.api.ask('GET', LEASE)).toMatchObject({ status: 404 });
}

/** The Events there are, each with its reason and how often it has happened. */
async function reasons(cluster: Cluster): Promise<string[]> {
  const { items } = (await cluster.api.get(EVENTS)) as { items: { reason: string; count: number }[] };
  return items.map(({ count, reason }) => `${reason} ${count}`);
}
