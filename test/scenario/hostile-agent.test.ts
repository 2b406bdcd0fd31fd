import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CANARY_KEY, eventually, NODE, pause, RANGE, Rig, WEB_KEY } from './agent-rig.ts';
import { endpointSlice, service } from './api-objects.ts';
import { ApiServer } from './api-server.ts';
import { Gobgpd } from './gobgpd.ts';
import { Network } from './gobgpd-network.ts';
import { BEHAVIOURS } from './hostile-behaviours.ts';
import { openSource } from './kubernetes-source.ts';

let directory: string;
let network: Network;
let gobgpd: Gobgpd;
let server: ApiServer;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-hostile-agent-'));
  network = await Network.create(NODE, []);
  gobgpd = await Gobgpd.start(network);
  server = new ApiServer();
  await server.up();
  await writeFile(join(directory, 'kubeconfig'), server.kubeconfig());
});
afterEach(async () => {
  await gobgpd[Symbol.asyncDispose]();
  await network[Symbol.asyncDispose]();
  await server.down();
  await rm(directory, { recursive: true });
});

/** Whatever is done to IPVS from now on, in words. */
function noteChanges({ kernel }: Rig): string[] {
  const changes: string[] = [];
  const ensure = kernel.ensure.bind(kernel);
  kernel.ensure = async (...wanted) => {
    const outcomes = await ensure(...wanted);
    changes.push(...outcomes.flatMap((outcome) => (outcome.part === 'ipvs' ? outcome.changes : [])));
    return outcomes;
  };
  return changes;
}

const prefixes = async (): Promise<string[]> => (await gobgpd.table()).map(({ prefix }) => prefix);

test('an agent that announces is led through every behaviour: nothing is withdrawn, and no real server is deleted', async () => {
  server.put(service('web', '10.99.66.10'));
  server.put(endpointSlice('web', ['10.1.0.101', '10.1.0.102']));
  await using rig = await Rig.start({ target: gobgpd.target, files: {}, source: openSource(directory) });
  await rig.reaches('announced');
  await eventually(() => expect([...rig.kernel.table.keys()]).toStrictEqual([CANARY_KEY, WEB_KEY]));
  const changes = noteChanges(rig);
  for (const [name, behaviour] of Object.entries(BEHAVIOURS)) {
    server.tricks = behaviour(server);
    server.compact();
    server.endWatches();
    server.put(service('web', '10.99.66.10', { mark: String(server.requests.length) }));
    await pause(100);
    expect(rig.phase, name).toBe('announced');
    expect(await prefixes(), name).toStrictEqual([RANGE]);
  }
  server.tricks = {};
  server.put(endpointSlice('web', ['10.1.0.101', '10.1.0.102', '10.1.0.103']));
  await eventually(() => expect(changes).toHaveLength(1));
  expect(changes[0]).toContain('10.1.0.103');
  expect(rig.decisions).toStrictEqual(['announced']);
});
