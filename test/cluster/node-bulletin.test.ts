import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { type Bulletin, createBulletin } from '../../src/cluster/node-bulletin.ts';
import type { JsonObject } from '../../src/source/json.ts';
import { AGENT_USER } from './agent-account.ts';
import { ask } from './ask.ts';
import { clusterForAll } from './for-all.ts';

const cluster = clusterForAll();

const READY = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' };
const OWN = { type: 'FairleadAnnouncing', status: 'True', reason: 'Announced', message: 'announcing' };
const PAST = '2020-02-02T02:02:02Z';
const NODE_STATUS = {
  phase: 'Running',
  addresses: [{ type: 'InternalIP', address: '10.22.108.100' }],
  capacity: { cpu: '4' },
  conditions: [{ ...READY, lastHeartbeatTime: PAST, lastTransitionTime: PAST }],
};

async function createNode(name: string): Promise<void> {
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels: { role: 'lb' } } };
  await cluster().kubectlWith(JSON.stringify(node), 'apply', '-f', '-');
  const patch = JSON.stringify({ status: NODE_STATUS });
  await cluster().kubectl('patch', 'node', name, '--subresource=status', '--type=strategic', '-p', patch);
}

let kubeconfig: string;

beforeAll(async () => {
  if (cluster() === undefined) return;
  await cluster().installRights();
  await Promise.all(['lb-1', 'lb-2', 'lb-3'].map(createNode));
  kubeconfig = await cluster().agentKubeconfig('lb-1');
  // A policy is in force a moment after it has been written.
  await vi.waitFor(async () => expect(await patch('lb-3', { conditions: [OWN] })).toContain('expected lb-3'), 30_000);
});

/** By the agent on lb-1. */
const patch = (node: string, status: object, more: object = {}): Promise<string> =>
  ask(kubeconfig, 'PATCH', `/api/v1/nodes/${node}/status`, { status, ...more });

const get = (what: string): Promise<unknown> => cluster().api.get(what);

describe('of a Node the account of the agents changes', () => {
  test('its condition, on the Node that the token names', async () => {
    expect(await patch('lb-1', { conditions: [OWN] })).toBe('done');
    expect(await patch('lb-1', { conditions: [{ ...OWN, status: 'False', reason: 'ProbeFailed' }] })).toBe('done');
    expect(await get('/api/v1/nodes/lb-1')).toMatchObject({
      status: { conditions: expect.arrayContaining([expect.objectContaining(READY)]) as unknown },
    });
  });

  const STATUS = 'fairlead may change nothing in the status of a Node but its condition FairleadAnnouncing';
  const METADATA = 'fairlead may not change the spec, labels, annotations or other metadata of a Node';
  test.each<readonly [what: string, status: object, more: object, why: string]>([
    ['the condition Ready', { conditions: [{ type: 'Ready', status: 'False' }] }, {}, STATUS],
    ['a new condition', { conditions: [{ type: 'NetworkUnavailable', status: 'True' }] }, {}, STATUS],
    ['the condition Ready, beside its own', { conditions: [OWN, { type: 'Ready', status: 'False' }] }, {}, STATUS],
    ['that a condition is there', { conditions: [{ type: 'Ready', $patch: 'delete' }] }, {}, STATUS],
    ['all conditions', { conditions: [{ $patch: 'replace' }, OWN] }, {}, STATUS],
    ['an address', { addresses: [{ type: 'ExternalIP', address: '192.0.2.1' }] }, {}, STATUS],
    ['the capacity', { capacity: { cpu: '400' } }, {}, STATUS],
    ['what the Node has none of yet', { volumesInUse: ['x'] }, {}, STATUS],
    ['that the Node has a phase', { phase: null }, {}, STATUS],
    ['a label', { conditions: [OWN] }, { metadata: { labels: { role: 'db' } } }, METADATA],
    ['that a label is there', {}, { metadata: { labels: { role: null } } }, METADATA],
    ['an annotation', {}, { metadata: { annotations: { 'fairlead.io/drain': 'true' } } }, METADATA],
    ['a finalizer', {}, { metadata: { finalizers: ['x.example/y'] } }, METADATA],
  ])('not %s', async (_, status, more, why) => {
    const before = await get('/api/v1/nodes/lb-1');
    expect(await patch('lb-1', status, more)).toContain(why);
    expect(await get('/api/v1/nodes/lb-1')).toStrictEqual(before);
  });

  test('no taint, by either way', async () => {
    const spec = { taints: [{ key: 'x', effect: 'NoExecute' }] };
    await patch('lb-1', {}, { spec });
    expect(await ask(kubeconfig, 'PATCH', '/api/v1/nodes/lb-1', { spec })).toContain('cannot patch resource');
    expect(await get('/api/v1/nodes/lb-1')).toMatchObject({ spec: {} });
    expect(JSON.stringify(await get('/api/v1/nodes/lb-1'))).not.toContain('NoExecute');
  });

  test('nothing of another Node', async () => {
    expect(await patch('lb-2', { conditions: [OWN] })).toContain(
      'fairlead may change the Node that its token names and no other: expected lb-2, found lb-1',
    );
  });

  test('nothing at all with a token that names no Node', async () => {
    const nobody = await cluster().agentKubeconfig();
    const answer = await ask(nobody, 'PATCH', '/api/v1/nodes/lb-1/status', { status: { conditions: [OWN] } });
    expect(answer).toContain('expected lb-1, found a token that names none');
  });

  test('and whoever else may, still changes all of it', async () => {
    await cluster().kubectl('label', 'node', 'lb-2', 'role=db', '--overwrite');
    const body = JSON.stringify({ status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } });
    await cluster().kubectl('patch', 'node', 'lb-2', '--subresource=status', '-p', body);
  });
});

const event = (name: string, about: object, more: object = {}): JsonObject => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name, namespace: 'default' },
  involvedObject: { kind: 'Node', name: 'lb-1', uid: 'lb-1', ...about },
  source: { component: 'fairlead', host: 'lb-1' },
  reason: 'Announced',
  message: 'm',
  type: 'Normal',
  ...more,
});
const EVENTS = '/api/v1/namespaces/default/events';
const createEvent = (one: JsonObject): Promise<string> => ask(kubeconfig, 'POST', EVENTS, one);

describe('Events are', () => {
  const REFUSED = 'fairlead may write Events of its own, about the Node that its token names';

  test('made and counted about the own Node', async () => {
    expect(await createEvent(event('own', {}))).toBe('done');
    expect(await ask(kubeconfig, 'PATCH', `${EVENTS}/own`, { count: 2 })).toBe('done');
  });

  test.each([
    ['another Node', { name: 'lb-2' }, {}],
    ['a Pod', { kind: 'Pod' }, {}],
    ['the own Node as if they were of somebody else', {}, { source: { component: 'kubelet' } }],
    ['the own Node as if they were of nobody', {}, { source: {} }],
  ])('not made about %s', async (_, about, more) => {
    expect(await createEvent(event('bad', about, more))).toContain(REFUSED);
  });

  test('not changed where they are of others, not even into our own', async () => {
    const foreign = event('foreign', {}, { source: { component: 'kubelet' } });
    await cluster().kubectlWith(JSON.stringify(foreign), 'create', '-f', '-');
    expect(await ask(kubeconfig, 'PATCH', `${EVENTS}/foreign`, { source: { component: 'fairlead' } })).toContain(
      REFUSED,
    );
    expect(await ask(kubeconfig, 'DELETE', `${EVENTS}/foreign`, {})).toContain('cannot delete');
  });
});

const prefixes = ['10.99.66.0/23'] as const;
const ANNOUNCED = { state: 'announced', since: 0 } as const;
const FAILED = { state: 'withdrawn', since: 0, reason: 'probe-failed', detail: '10.99.66.10:80 timed-out' } as const;

const page = readFileSync(new URL('../../docs/kubernetes.md', import.meta.url), 'utf8');
/** The table of the lb nodes, as the documentation has it. */
const [, COLUMNS = ''] = /'(custom-columns=\S+)'/.exec(page) ?? [];

const WITHDRAWN = 'involvedObject.kind=Node,involvedObject.name=lb-1,reason=Withdrawn';
const COUNT = ['get', 'events', '--field-selector', WITHDRAWN, '-o', 'jsonpath={.items[*].count}'];

/** Waits until kubectl prints something. */
const shows = (what: RegExp, ...args: readonly string[]): Promise<void> =>
  vi.waitFor(async () => expect(await cluster().kubectl(...args)).toMatch(what), 30_000);

test('kubectl shows how a node announces, and what has happened to it', async () => {
  const before = (await cluster().audit()).length;
  const warnings: string[] = [];
  const log = pino({ base: null }, { write: (line: string) => void warnings.push(line) });
  const bulletin: Bulletin = createBulletin({ kubeconfig, node: 'lb-1', log });
  bulletin.happened({ kind: 'announcement', announcement: ANNOUNCED, prefixes });
  bulletin.stands({ announcement: ANNOUNCED, told: 'announced', prefixes, conditions: [] });
  bulletin.happened({ kind: 'announcement', announcement: FAILED, prefixes });
  await shows(/lb-1 +True +Announced/, 'get', 'nodes', '-o', COLUMNS);
  await shows(/^1$/, ...COUNT);
  bulletin.happened({ kind: 'announcement', announcement: FAILED, prefixes });
  bulletin.stands({ announcement: FAILED, told: 'withdrawn', prefixes, conditions: [] });
  await cluster().kubectl('wait', 'node/lb-1', '--for=condition=FairleadAnnouncing=False', '--timeout=30s');
  await shows(/^2$/, ...COUNT);
  await bulletin.stop();
  expect(warnings).toStrictEqual([]);

  expect(await cluster().kubectl('get', 'nodes', '-o', COLUMNS)).toMatch(
    /lb-1 +False +ProbeFailed +\d{4}-\S+Z +\d{4}-\S+Z\nlb-2 +<none> +<none>/,
  );
  const described = await cluster().kubectl('describe', 'node', 'lb-1');
  const message = 'probe-failed: 10.99.66.10:80 timed-out (look at: forwarding, the FORWARD chain';
  expect(described).toMatch(
    /FairleadAnnouncing +False .* ProbeFailed +withdrawn: probe-failed: 10\.99\.66\.10:80 timed-out/,
  );
  expect(described).toMatch(/Ready +True .* KubeletReady/);
  expect(described).toMatch(/Normal +Announced +\S+( \(x\d+ over \S+\))? +fairlead +announcing 10\.99\.66\.0\/23/);
  expect(described).toContain(message);
  const listed = await cluster().kubectl('get', 'events', '--field-selector', WITHDRAWN, '-o', 'wide');
  expect(listed.split('\n')).toHaveLength(2);
  expect(listed).toMatch(/Warning +Withdrawn +node\/lb-1 +fairlead, lb-1 +probe-failed/);
  expect(await cluster().kubectl('events', '--for', 'node/lb-1')).toContain(message);

  const asked = (await cluster().audit()).slice(before).filter(({ user }) => user === AGENT_USER);
  expect(
    [...new Set(asked.map(({ resource, status, verb }) => `${verb} ${resource} ${status}`))].toSorted(),
  ).toStrictEqual(['create events 201', 'list nodes 200', 'patch events 200', 'patch nodes/status 200']);
});
