import { setTimeout as pause } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { stepTurn } from '../../src/announce/turn.ts';
import { createPresence, type Presence, type Told } from '../../src/cluster/presence.ts';
import type { Census } from '../../src/model/census.ts';
import type { Turn } from '../../src/model/drain.ts';
import { clusterForAll } from './for-all.ts';

const cluster = clusterForAll();
const ANNOUNCED: Told = { state: 'announced', faults: [] };
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/fairlead/leases';

let kubeconfig = '';
const presences: Presence[] = [];

beforeAll(async () => {
  await cluster()?.installRights();
  kubeconfig = (await cluster()?.agentKubeconfig()) ?? '';
});
afterEach(() => Promise.all(presences.splice(0).map((presence) => presence.stop())));

/** Leases that hold for three seconds: a round each 0.6 s. */
function join(node: string): Presence {
  const log = pino({ level: 'silent' });
  const presence = createPresence({ kubeconfig, node, namespace: 'fairlead', durationMs: 3000, log });
  presences.push(presence);
  presence.tell(ANNOUNCED);
  presence.start(() => {});
  return presence;
}

const nodesIn = (census: Census): string[] => (census.known ? census.others.map(({ node }) => node).toSorted() : []);
const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: 30_000, interval: 20 });

async function leases(): Promise<string[]> {
  const { items } = (await cluster().api.get(LEASES)) as { items: { metadata: { name: string } }[] };
  return items.map(({ metadata }) => metadata.name).toSorted();
}

test('agents with the rights of base/rbac.yaml know each other, and whoever ends leaves nothing', async () => {
  const [first, second, third] = [join('lb-1'), join('lb-2'), join('lb-3')];
  await eventually(() => expect(nodesIn(first.census())).toStrictEqual(['lb-2', 'lb-3']));
  second.tell({ state: 'deprioritised', faults: ['probe-failed'] });
  await eventually(() =>
    expect(third.census()).toMatchObject({
      others: expect.arrayContaining([{ node: 'lb-2', state: 'deprioritised', faults: ['probe-failed'] }]),
    }),
  );
  await second.stop();
  expect(await leases()).toStrictEqual(['fairlead-lb-1', 'fairlead-lb-3']);
  await eventually(() => expect(nodesIn(first.census())).toStrictEqual(['lb-3']));
});

test('nodes that are to drain at once do so one by one, and a turn outlives its agent', async () => {
  const all = ['lb-1', 'lb-2', 'lb-3'].map((node) => ({
    node,
    presence: join(node),
    turn: undefined as Turn | undefined,
  }));
  const decide = (): void => {
    for (const one of all) {
      const { node, presence } = one;
      one.turn = stepTurn(one.turn, { node, census: presence.census(), maxDraining: 1, exempt: false });
      presence.tell(one.turn ? { ...ANNOUNCED, turn: one.turn } : ANNOUNCED);
    }
  };
  const draining = () => all.filter(({ turn }) => turn?.step === 'drains');
  for (let left = all.length; left > 1; left--) {
    await eventually(() => {
      decide();
      expect(draining()).toHaveLength(1);
    });
    for (const until = performance.now() + 1500; performance.now() < until; await pause(20)) decide();
    expect(draining()).toHaveLength(1);
    const [now] = draining();
    all.splice(all.indexOf(now as (typeof all)[number]), 1);
    if (left === 3) now?.presence.tell(ANNOUNCED);
    else await now?.presence.handOver();
  }
  // The second one went while it drained: the third one waits, also behind the end of that Lease.
  for (const until = performance.now() + 4000; performance.now() < until; await pause(20)) decide();
  expect(all.map(({ turn }) => turn?.step)).toStrictEqual(['waits']);
});

test('an API server that is killed and comes back leaves the last census to be seen, and then a new one', async () => {
  const [first] = [join('lb-1'), join('lb-2')];
  await eventually(() => expect(nodesIn(first.census())).toContain('lb-2'));
  await cluster().killApiServer();
  await eventually(() => expect(first.census()).toMatchObject({ known: false, last: { others: [{ node: 'lb-2' }] } }));
  await cluster().startApiServer();
  await eventually(() => expect(nodesIn(first.census())).toContain('lb-2'));
});
