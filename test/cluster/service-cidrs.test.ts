import { afterAll, beforeAll, expect, test } from 'vitest';
import { PEER } from '../unit/bgp/sample.ts';
import { eventually, NODE as ADDRESS, pause } from '../scenario/agent-rig.ts';
import { type ApiObject, endpointSlice, node, service } from '../scenario/api-objects.ts';
import { becomeSwitch, Gobgpd, type Update } from '../scenario/gobgpd.ts';
import { Network } from '../scenario/gobgpd-network.ts';
import { AutoNode, keepFor, serviceCidr } from '../scenario/ranges-rig.ts';
import { clusterForAll } from './for-all.ts';
import { NODE } from './followed.ts';

const SWITCH = '10.22.108.1';
/** gobgpd 3.10 takes 5 to 10 s to open a session. */
const SESSION = 60_000;
/** Longer than several looks and a pass over gobgpd take. */
const QUIET_MS = 1500;
const FIRST = '10.99.66.0/23';
const SECOND = '10.99.80.0/24';
const SHOP = service('shop', '10.99.80.9');
/** Nobody of kube-controller-manager runs here, which would hold a ServiceCIDR back by this and call it ready. */
const HELD = { finalizers: ['networking.k8s.io/service-cidr-finalizer'] };
const READY = {
  conditions: [{ type: 'Ready', status: 'True', reason: '', lastTransitionTime: '2026-01-01T00:00:00Z' }],
};

const cluster = clusterForAll();
const updates: Update[] = [];
let network: Network;
let ours: Gobgpd;
let tor: Gobgpd;
let agent: AutoNode;
let place: Awaited<ReturnType<typeof keepFor>>;

const apply = (object: ApiObject): Promise<string> => cluster().kubectlWith(JSON.stringify(object), 'apply', '-f', '-');
const hears = (...prefixes: string[]): Promise<void> =>
  eventually(async () => {
    const heard = (await tor.table()).map(({ prefix }) => prefix);
    expect(heard.toSorted()).toStrictEqual(prefixes.toSorted());
  }, SESSION);
/** What the switch is told for something: one word for each UPDATE. */
async function told(what: () => unknown): Promise<string[]> {
  const before = updates.length;
  await what();
  await pause(QUIET_MS);
  return updates.slice(before).map(({ withdrawn }) => (withdrawn ? 'withdrawn' : 'announced'));
}

/** An agent with the rights of base/rbac.yaml, one Service, and a switch that has the range from it. */
beforeAll(async () => {
  if (cluster() === undefined) return;
  network = await Network.create(ADDRESS, [SWITCH]);
  [ours, tor] = await Promise.all([Gobgpd.start(network), Gobgpd.start(network)]);
  await becomeSwitch(tor, SWITCH, 64500, { ...PEER, address: ADDRESS, as: 64512 });
  tor.watchUpdates((update) => void (update.from === ADDRESS && updates.push(update)));
  await cluster().installRights();
  for (const object of [node(NODE, 'a'), service('web', '10.99.66.10'), endpointSlice('web', ['10.1.0.101'])]) {
    await cluster().api.put(object);
  }
  place = await keepFor();
  const kubeconfig = await cluster().agentKubeconfig(NODE);
  agent = await AutoNode.start({ target: ours.target, kubeconfig, keep: place.keep });
  await hears(FIRST);
}, 120_000);

afterAll(async () => {
  await agent?.stop();
  await place?.[Symbol.asyncDispose]();
  await Promise.all([ours?.[Symbol.asyncDispose](), tor?.[Symbol.asyncDispose]()]);
  await network?.[Symbol.asyncDispose]();
});

test('the ranges are those that kube-apiserver was started with, by its object `kubernetes`', () => {
  expect(agent.status.serviceCidrs?.objects['kubernetes']).toContain(FIRST);
  expect(agent.status.ranges).toContain(FIRST);
  expect(agent.detail('ranges-stale')).toBeUndefined();
});

test('the API takes no prefix that could not be a range by itself', async () => {
  for (const cidrs of [['10.99.80.1/24'], ['10.99.080.0/24'], [], ['10.99.80.0']]) {
    await expect(apply(serviceCidr('bad', cidrs))).rejects.toThrow('is invalid');
  }
});

test('one that kubectl adds is announced, and serves a Service that the API gives an address in it', async () => {
  const added = async (): Promise<void> => {
    await apply(serviceCidr('extra', [SECOND], HELD));
    const status = ['--subresource=status', '--type=merge', '--patch', JSON.stringify({ status: READY })];
    await cluster().kubectl('patch', 'servicecidr', 'extra', ...status);
    await hears(FIRST, SECOND);
  };
  expect(await told(added)).toStrictEqual(['announced']);
  await eventually(() => cluster().api.put(SHOP), SESSION);
  await cluster().api.put(endpointSlice('shop', ['10.1.0.102']));
  await eventually(() => expect(agent.rigs.at(-1)?.kernel.table.has('tcp/10.99.80.9:80')).toBe(true));
  expect(agent.rigs.at(-1)?.kernel.table.has('tcp/10.99.66.10:80')).toBe(true);
});

async function killApiServer(): Promise<void> {
  await cluster().killApiServer();
  await eventually(() => expect(agent.detail('ranges-stale')).toContain('ECONNREFUSED'));
}

test('an API server that is killed takes nothing away', { timeout: 120_000 }, async () => {
  expect(await told(killApiServer)).toStrictEqual([]);
  expect(await told(() => cluster().startApiServer())).toStrictEqual([]);
  await eventually(() => expect(agent.detail('ranges-stale')).toBeUndefined(), SESSION);
});

/** Without a Service in it, the controller lets go of the object. */
async function release(): Promise<void> {
  await cluster().kubectl('delete', 'service/shop', 'endpointslice/shop-x1');
  const free = JSON.stringify({ metadata: { finalizers: null } });
  await cluster().kubectl('patch', 'servicecidr', 'extra', '--type=merge', '--patch', free);
  await hears(FIRST);
}

test('one that kubectl deletes stays while it is held back, and is withdrawn when it is gone', async () => {
  const deleted = await told(() => cluster().kubectl('delete', 'servicecidr', 'extra', '--wait=false'));
  expect(deleted, 'being deleted').toStrictEqual([]);
  expect(await told(release), 'gone').toStrictEqual(['withdrawn']);
  await eventually(() => expect(agent.status.ranges).not.toContain(SECOND));
  expect(agent.rigs.at(-1)?.kernel.table.has('tcp/10.99.66.10:80')).toBe(true);
});
