import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { GobgpApi as V3 } from '../../src/bgp/gen/gobgp-v3.ts';
import { deprioritised } from '../../src/model/path.ts';
import { LESS } from '../unit/bgp/sample.ts';
import { CANARY_KEY, eventually, NODE, pause, RANGE, Rig, type RigOptions, WEB, WEB_KEY } from './agent-rig.ts';
import { announcedBy, DRAIN_ME, drainOf, node, reaches, stagesLogged } from './drain-rig.ts';
import { gobgpdForEach } from './gobgpd-for-each.ts';

const gobgpd = gobgpdForEach();
let directory: string;
let drainFile: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-drain-'));
  drainFile = join(directory, 'run', 'drain.json');
  return () => rm(directory, { recursive: true });
});

const start = (options: Partial<RigOptions> = {}): Promise<Rig> =>
  Rig.start({ target: gobgpd().target, files: { 'web.yaml': WEB }, drainFile, ...options });

const announced = (): Promise<string> => announcedBy(gobgpd());
const announces = (how: string): Promise<void> => eventually(async () => expect(await announced()).toBe(how));

async function inFull(rig: Rig): Promise<void> {
  await rig.reaches('announced');
  await announces('full');
}

describe('an order', () => {
  test('deprioritises, withdraws, waits for the connections, and says what is left', async () => {
    await using rig = await start();
    rig.kernel.clients = { active: 2, opened: 500, received: 500 };
    await inFull(rig);
    expect(rig.kernel.counted).toStrictEqual([]);

    expect(rig.agent.orderDrain(undefined, false)).toMatchObject({ stage: 'deprioritised', by: ['order'] });
    await announces('deprioritised');
    await announces('nothing');
    await eventually(() => expect(drainOf(rig)).toMatchObject({ stage: 'withdrawn', waiting: '2 connections to end' }));
    expect(rig.status.announcement).toMatchObject({ state: 'withdrawn', reason: 'draining' });
    expect(await rig.metrics()).toContain('fairlead_drain_stage{stage="withdrawn"} 1');
    expect(await rig.metrics()).toContain('fairlead_drain_connections 2');
    expect([...rig.kernel.table.keys()]).toStrictEqual([CANARY_KEY, WEB_KEY]);

    rig.kernel.clients = { active: 0, opened: 500, received: 500 };
    await reaches(rig, 'drained');
    expect(drainOf(rig)).toMatchObject({
      connections: 0,
      waiting: '',
      took: { withdrawn: expect.any(Number) as number },
    });
    expect(stagesLogged(rig)).toStrictEqual(['deprioritised', 'withdrawn', 'drained']);
    expect(rig.decisions).toStrictEqual(['announced', 'draining', 'draining']);
    const counted = rig.kernel.counted.length;
    expect(rig.kernel.counted).toContainEqual([WEB_KEY]);
    await pause(1200);
    expect(rig.kernel.counted).toHaveLength(counted);
  });

  test('is carried out as far as the others allow it, and says why it waits', async () => {
    await using rig = await start({ minimumAnnouncers: 1 });
    await inFull(rig);
    rig.presence.finds({
      known: true,
      turns: [],
      others: [{ node: 'lb-2', state: 'deprioritised', faults: [] }],
      confirmed: true,
    });
    rig.agent.orderDrain(undefined, false);
    const held = 'the withdrawal: 0 other nodes announce in full, expected at least 1';
    await eventually(() => expect(drainOf(rig)).toMatchObject({ stage: 'deprioritised', waiting: held }));
    await announces('deprioritised');
    rig.presence.finds({
      known: true,
      turns: [],
      others: [{ node: 'lb-2', state: 'announced', faults: [] }],
      confirmed: true,
    });
    await reaches(rig, 'withdrawn');
    await announces('nothing');
  });

  test('is called off at any time: announced in full at once, and no flap', async () => {
    await using rig = await start();
    await inFull(rig);
    rig.agent.orderDrain(undefined, false);
    await announces('nothing');
    expect(rig.agent.callOffDrain()).toBeUndefined();
    await announces('full');
    expect(rig.decisions).toStrictEqual(['announced', 'draining', 'draining', 'announced']);
    expect(rig.status).toMatchObject({ flaps: 0, drain: undefined });
    await expect(stat(drainFile)).rejects.toThrow('ENOENT');
  });

  test('is probed by the canary alone while connections are counted', async () => {
    await using rig = await start();
    await inFull(rig);
    rig.agent.orderDrain(undefined, false);
    const canaryAlone = expect.objectContaining({ name: 'probe', detail: '10.99.66.0:9 connected (canary)' }) as object;
    await eventually(() => expect(rig.status.checks).toContainEqual(canaryAlone));
    rig.agent.callOffDrain();
    await eventually(() => expect(rig.status.checks).not.toContainEqual(canaryAlone));
  });
});

describe('an agent that is started anew', () => {
  test('goes on with an order where the last one was', async () => {
    await using first = await start();
    first.kernel.clients = { active: 1, opened: 1, received: 1 };
    await inFull(first);
    first.agent.orderDrain(120_000, false);
    await reaches(first, 'withdrawn');
    const { deadline, since, startedAt } = drainOf(first) ?? {};
    await first.stop();
    expect((await stat(drainFile)).mode & 0o777).toBe(0o600);

    await using second = await start();
    second.kernel.clients = { active: 1, opened: 1, received: 1 };
    expect(drainOf(second)).toMatchObject({ stage: 'withdrawn', deadline, since, startedAt });
    await second.reaches('draining');
    await eventually(() => expect(drainOf(second)).toHaveProperty('connections', 1));
    second.kernel.clients = { active: 0, opened: 1, received: 1 };
    await reaches(second, 'drained');
    expect(second.decisions).toStrictEqual(['draining']);
    expect(await announced()).toBe('nothing');
    second.agent.callOffDrain();
    await announces('full');
  });

  test('leaves what a killed one had deprioritised until it may be withdrawn', async () => {
    const global = { asn: 64512, routerId: NODE, listenPort: -1, listenAddresses: [NODE] };
    await gobgpd().api.call(V3.StartBgp, { global }, 2000);
    const path = { prefix: RANGE, communities: ['64512:100'], med: undefined };
    await gobgpd().addPath(deprioritised(path, LESS));
    const kept = { order: { at: Date.now(), timeoutMs: 120_000 } };
    drainFile = join(directory, 'drain.json');
    await writeFile(drainFile, JSON.stringify(kept));

    await using rig = await start({ minimumAnnouncers: 1 });
    rig.presence.finds({ known: true, turns: [], others: [], confirmed: true });
    await eventually(() => expect(drainOf(rig)?.waiting).toMatch(/^the withdrawal: 0 other nodes announce/));
    expect(await announced()).toBe('deprioritised');
    expect(rig.decisions).toStrictEqual(['draining']);
    expect(rig.lines.map(({ event }) => event)).not.toContain('path-withdrawn');
  });

  test('goes on with what the Node asked for while it cannot be read', async () => {
    await using first = await start({ files: { 'web.yaml': WEB, 'node.yaml': DRAIN_ME } });
    await reaches(first, 'withdrawn');
    await first.stop();
    await using second = await start({ files: {} });
    await second.reaches('draining');
    expect(drainOf(second)).toMatchObject({ stage: 'withdrawn', by: ['annotation fairlead.io/drain'] });
    await second.write('web.yaml', WEB);
    await inFull(second);
  });

  test('has forgotten an order that was to end with the last one', async () => {
    await using first = await start();
    await inFull(first);
    first.agent.orderDrain(undefined, true);
    await announces('nothing');
    await first.stop();
    await using second = await start();
    expect(drainOf(second)).toBeUndefined();
    await second.reaches('announced');
  });

  test.each(['{', '{"order": {}}', '{"order": {"at": "now", "timeoutMs": 1}}', '{"more": 1}', ''])(
    'says once that a kept drain is unreadable (%j), and announces',
    async (text) => {
      drainFile = join(directory, 'drain.json');
      await writeFile(drainFile, text);
      await using rig = await start();
      await inFull(rig);
      expect(rig.lines.filter(({ event }) => event === 'drain-file-refused')).toHaveLength(1);
      expect(drainOf(rig)).toBeUndefined();
    },
  );

  test('a file that cannot be written only costs the memory of it', async () => {
    await writeFile(join(directory, 'run'), 'no directory');
    await using rig = await start();
    await inFull(rig);
    rig.agent.orderDrain(undefined, false);
    await announces('nothing');
    expect(rig.lines.map(({ event }) => event)).toContain('drain-not-kept');
  });
});

describe('what the Node says', () => {
  test('drains it, and an order that is called off meanwhile changes nothing', async () => {
    await using rig = await start();
    await inFull(rig);
    await rig.write('node.yaml', DRAIN_ME);
    await announces('nothing');
    expect(drainOf(rig)).toHaveProperty('by', ['annotation fairlead.io/drain']);
    rig.agent.orderDrain(undefined, false);
    expect(rig.agent.callOffDrain()).toHaveProperty('by', ['annotation fairlead.io/drain']);
    await rig.write('node.yaml', node('annotations: {}'));
    await announces('full');
    expect(drainOf(rig)).toBeUndefined();
  });

  test('keeps a node that starts from being announced at all', async () => {
    await using rig = await start({ files: { 'web.yaml': WEB, 'node.yaml': DRAIN_ME } });
    await reaches(rig, 'drained');
    expect(rig.decisions).toStrictEqual(['draining']);
    expect(await announced()).toBe('nothing');
    expect(JSON.parse(await readFile(drainFile, 'utf8'))).not.toHaveProperty('order');
  });

  test('by cordoning is no reason (metallb#2715), nor is the label of control planes (metallb#2285)', async () => {
    await using rig = await start();
    await inFull(rig);
    const taints = '[{ key: node.kubernetes.io/unschedulable, effect: NoSchedule }]';
    const label = 'labels: { node.kubernetes.io/exclude-from-external-load-balancers: "" }';
    await rig.write('node.yaml', node(label, `{ unschedulable: true, taints: ${taints} }`));
    await eventually(() => expect(rig.lines.filter(({ event }) => event === 'manifests-changed')).toHaveLength(2));
    const { passes } = rig.kernel;
    await eventually(() => expect(rig.kernel.passes).toBeGreaterThan(passes + 3));
    expect(rig.decisions).toStrictEqual(['announced']);
    expect(drainOf(rig)).toBeUndefined();
  });
});
