import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import { BURST, TOKEN_EVERY_MS } from '../../src/cluster/event-budget.ts';
import { type Bulletin, createBulletin } from '../../src/cluster/node-bulletin.ts';
import { CHANGE_EVERY_MS } from '../../src/cluster/node-condition-pace.ts';
import { arrayAt, isObject, type JsonObject, objectAt } from '../../src/source/json.ts';
import { eventually, Rig, WEB } from './agent-rig.ts';
import { node } from './api-objects.ts';
import { ApiServer } from './api-server.ts';
import { gobgpdForEach } from './gobgpd-for-each.ts';

const gobgpd = gobgpdForEach();
let server: ApiServer;
let bulletin: Bulletin;
/** Every request, as `METHOD path`. */
let asked: string[];

beforeEach(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-seen-'));
  server = new ApiServer();
  await server.up();
  server.put(node('lb-1', 'z1'));
  asked = [];
  server.delay = async (moment, { method, url }) => {
    if (moment === 'before') asked.push(`${method} ${url}`);
  };
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, server.kubeconfig());
  bulletin = createBulletin({ kubeconfig, node: 'lb-1', log: pino({ level: 'silent' }) });
  return async () => {
    await bulletin.stop();
    await server.down();
    await rm(directory, { recursive: true });
  };
});

const start = (): Promise<Rig> => Rig.start({ target: gobgpd().target, files: { 'web.yaml': WEB }, bulletin });

/** Reason and count of each Event, in the order of their making. */
const events = (): unknown[] => server.all('Event').map(({ reason, count }) => [reason, count]);

/** The condition of the Node. */
const shown = (): JsonObject | undefined =>
  arrayAt(objectAt(server.all('Node')[0] ?? {}, 'status'), 'conditions').find(isObject);

const writes = (): string[] => asked.filter((one) => !one.startsWith('GET'));

test('a withdrawal is one Event and one condition; so is what comes after it', async () => {
  await using rig = await start();
  await rig.reaches('announced');
  await eventually(() => expect(events()).toStrictEqual([['Announced', 1]]));
  // No switch has a session: that the ranges are announced is decided, and it is not so.
  await eventually(() => expect(shown()).toMatchObject({ status: 'False', reason: 'PeerDown' }));

  rig.probe.losesPackets = true;
  await rig.reaches('probe-failed');
  await eventually(() => expect(shown()).toMatchObject({ status: 'False', reason: 'ProbeFailed' }));
  expect(shown()?.['message']).toMatch(/^withdrawn: probe-failed: .* \(look at: forwarding/);
  expect(events()).toStrictEqual([
    ['Announced', 1],
    ['Withdrawn', 1],
  ]);

  rig.probe.losesPackets = false;
  await rig.reaches('announced');
  await eventually(() =>
    expect(events()).toStrictEqual([
      ['Announced', 2],
      ['Withdrawn', 1],
      ['HeldDown', 1],
    ]),
  );
  await rig.stop();
  await bulletin.stop();
  expect(shown()).toMatchObject({ status: 'False', reason: 'Stopping' });
  expect(events().at(-1)).toStrictEqual(['Withdrawn', 1]);
});

test('a drain is told stage by stage', async () => {
  await using rig = await start();
  rig.kernel.clients = { active: 0, opened: 500, received: 500 };
  await rig.reaches('announced');
  rig.agent.orderDrain(undefined, false);
  await eventually(() =>
    expect(events()).toStrictEqual([
      ['Announced', 1],
      ['DrainDeprioritised', 1],
      ['DrainWithdrawn', 1],
      ['Drained', 1],
    ]),
  );
  await eventually(() => expect(shown()).toMatchObject({ status: 'False', reason: 'Draining' }));
  rig.agent.callOffDrain();
  await eventually(() => expect(events()).toContainEqual(['DrainOver', 1]));
});

test('a hundred flaps of a drain are few requests, and none of them is about a Service', async () => {
  await using rig = await start();
  await rig.reaches('announced');
  const before = performance.now();
  for (let flap = 0; flap < 100; flap++) {
    rig.agent.orderDrain(undefined, false);
    await rig.reaches('draining');
    rig.agent.callOffDrain();
    await rig.reaches('announced');
  }
  expect(rig.decisions.length).toBeGreaterThan(199);
  await eventually(() => expect(shown()).toMatchObject({ reason: 'PeerDown' }));
  const tookMs = performance.now() - before;
  expect(writes().length).toBeLessThanOrEqual(BURST + tookMs / TOKEN_EVERY_MS + 2 + tookMs / CHANGE_EVERY_MS);
  for (const one of writes()) {
    expect(one).toMatch(/^(POST|PATCH) \/api\/v1\/(namespaces\/default\/events\b|nodes\/lb-1\/status$)/);
  }
});

test('an API server that does not answer holds up no withdrawal', async () => {
  server.delay = () => new Promise(() => {});
  await using rig = await start();
  await rig.reaches('announced');
  rig.probe.losesPackets = true;
  await rig.reaches('probe-failed');
  await eventually(async () => expect(await gobgpd().table()).toStrictEqual([]));
});
