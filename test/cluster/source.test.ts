import { describe, expect, test } from 'vitest';
import type { ApiObject } from '../scenario/api-objects.ts';
import { endpointSlice, node, service } from '../scenario/api-objects.ts';
import { AGENT_USER } from './agent-account.ts';
import type { Cluster } from './cluster.ts';
import { clusterForAll } from './for-all.ts';
import { eventually, Followed, NODE } from './followed.ts';

/** What `kubectl apply -f -` is given. */
const list = (...items: readonly ApiObject[]): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });

/** How often the account of the agents has asked for a list or a watch of a resource, and how. */
async function asked(cluster: Cluster, resource: string): Promise<{ lists: number; watches: number; all: number }> {
  const own = (await cluster.audit()).filter((one) => one.user === AGENT_USER && one.resource === resource);
  const count = (fits: (uri: string, verb: string) => boolean): number =>
    new Set(own.filter(({ uri, verb }) => fits(uri, verb)).map(({ id }) => id)).size;
  return {
    lists: count((_, verb) => verb === 'list'),
    watches: count((uri, verb) => verb === 'watch' && !uri.includes('sendInitialEvents')),
    all: count((uri) => uri.includes('sendInitialEvents')),
  };
}

/** Shows that news still arrives. */
async function stillFollows(cluster: Cluster, followed: Followed): Promise<void> {
  const address = `10.1.0.${1 + Math.floor(Math.random() * 250)}`;
  await cluster.api.put(endpointSlice('web', [address]));
  await eventually(() => expect(followed.endpoints('web')).toStrictEqual([address]));
  await eventually(() => expect(followed.problem).toBeUndefined());
}

/** A source with the rights of an agent, where `web` is served. */
async function follow(cluster: Cluster, ...timeouts: [Parameters<typeof Followed.start>[1]?]): Promise<Followed> {
  await cluster.installRights();
  await cluster.api.put(service('web', '10.99.66.10'));
  await cluster.api.put(endpointSlice('web', ['10.1.0.101']));
  await cluster.api.put(node(NODE, 'a'));
  return Followed.start(await cluster.agentKubeconfig(NODE), ...timeouts);
}

describe.each([
  { how: 'with watch-lists', gates: {} },
  { how: 'in pages, where the server has no watch-lists', gates: { WatchList: false } },
])('$how', ({ gates }) => {
  const cluster = clusterForAll({ gates });

  test('what kubectl applies, scales, labels and deletes is followed', async () => {
    await using followed = await follow(cluster());
    const { source } = followed;
    expect(followed.names).toStrictEqual(['default/kubernetes', 'default/web']);
    expect(source.snapshot()).toMatchObject({ zone: 'a', skipped: [] });
    const created = list(service('shop', '10.99.66.20'), endpointSlice('shop', ['10.1.0.101', '10.1.0.102']));
    await cluster().kubectlWith(created, 'apply', '-f', '-');
    await eventually(() => expect(followed.endpoints('shop')).toStrictEqual(['10.1.0.101', '10.1.0.102']));
    expect(source.snapshot().services.get('default/shop')).toMatchObject({ clusterIPs: ['10.99.66.20'] });
    const scaled = list(endpointSlice('shop', ['10.1.0.102', '10.1.0.103', '10.1.0.104']));
    await cluster().kubectlWith(scaled, 'apply', '-f', '-');
    await eventually(() => expect(followed.endpoints('shop')).toHaveLength(3));
    const proxy = (mark: string): Promise<string> =>
      cluster().kubectl('label', 'service', 'shop', `service.kubernetes.io/service-proxy-name${mark}`);
    await proxy('=other');
    await eventually(() => expect(followed.names).not.toContain('default/shop'));
    await proxy('-');
    await eventually(() => expect(followed.names).toContain('default/shop'));
    await cluster().kubectl('label', 'node', NODE, 'topology.kubernetes.io/zone=b', '--overwrite');
    await eventually(() => expect(source.snapshot().zone).toBe('b'));
    await cluster().kubectl('delete', 'service/shop', 'endpointslice/shop-x1');
    await eventually(() => expect(followed.names).toStrictEqual(['default/kubernetes', 'default/web']));
    expect(followed.endpoints('shop')).toStrictEqual([]);
  });

  test('everything is read the way the server knows', async () => {
    const before = await asked(cluster(), 'services');
    const { source } = await follow(cluster());
    await source.stop();
    const { lists } = await asked(cluster(), 'services');
    expect(lists - before.lists).toBe('WatchList' in gates ? 1 : 0);
  });

  test('a compaction under the watch goes unnoticed', async () => {
    await using followed = await follow(cluster());
    const before = await asked(cluster(), 'endpointslices');
    await cluster().compact();
    await stillFollows(cluster(), followed);
    expect(await asked(cluster(), 'endpointslices')).toStrictEqual(before);
  });

  test('an API server that is killed and restarted: all stays, and what has changed meanwhile is seen', async () => {
    await using followed = await follow(cluster());
    await cluster().api.put(service('old', '10.99.66.30'));
    await eventually(() => expect(followed.names).toContain('default/old'));
    await cluster().killApiServer();
    await eventually(() => expect(followed.problem).toContain('ECONNREFUSED'));
    expect(followed.source.status()).toMatchObject({ synced: true, services: 3, slices: 1 });
    expect(followed.endpoints('web')).toStrictEqual(['10.1.0.101']);
    await cluster().startApiServer();
    await cluster().api.delete(service('old', '10.99.66.30'));
    await eventually(() => expect(followed.names).toStrictEqual(['default/kubernetes', 'default/web']));
    await stillFollows(cluster(), followed);
  });

  test('killed, restarted, and etcd compacted meanwhile: the versions are too old, and all is read anew', async () => {
    await using followed = await follow(cluster());
    await cluster().api.put(service('old', '10.99.66.30'));
    await eventually(() => expect(followed.names).toContain('default/old'));
    followed.changes.length = 0;
    const before = await asked(cluster(), 'services');
    await cluster().api.delete({ ...service('old', '10.99.66.30') });
    await cluster().killApiServer();
    await cluster().compact();
    await cluster().startApiServer();
    await stillFollows(cluster(), followed);
    await eventually(() => expect(followed.names).toStrictEqual(['default/kubernetes', 'default/web']));
    await eventually(async () => {
      const now = await asked(cluster(), 'services');
      expect(now.all + now.lists).toBeGreaterThan(before.all + before.lists);
    });
    // A re-list reports what is different and nothing else.
    expect(new Set(followed.changes)).toStrictEqual(new Set(['default/old', 'default/web']));
  });

  test('an API server that is frozen is noticed, and taken up again when it thaws', async () => {
    await using followed = await follow(cluster(), { watchMs: 2000, headersMs: 2000, bodyMs: 2000 });
    cluster().freezeApiServer();
    try {
      await eventually(() => expect(followed.problem).toBe('no answer within 2000 ms'));
      expect(followed.endpoints('web')).toStrictEqual(['10.1.0.101']);
    } finally {
      cluster().thawApiServer();
    }
    await stillFollows(cluster(), followed);
  });
});
