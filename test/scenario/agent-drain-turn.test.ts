import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Census } from '../../src/model/census.ts';
import type { NodeTurn } from '../../src/model/drain.ts';
import { eventually, pause, Rig, type RigOptions, WEB } from './agent-rig.ts';
import { announcedBy, DRAIN_ME, drainOf, reaches, stagesLogged } from './drain-rig.ts';
import { gobgpdForEach } from './gobgpd-for-each.ts';

const gobgpd = gobgpdForEach();
let drainFile: string;

beforeEach(async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-turn-'));
  drainFile = join(directory, 'drain.json');
  return () => rm(directory, { recursive: true });
});

const start = (options: Partial<RigOptions> = {}): Promise<Rig> =>
  Rig.start({ target: gobgpd().target, files: { 'web.yaml': WEB }, drainFile, maxDraining: 1, ...options });

const announced = (): Promise<string> => announcedBy(gobgpd());
const announces = (how: string): Promise<void> => eventually(async () => expect(await announced()).toBe(how));

async function inFull(rig: Rig): Promise<void> {
  await rig.reaches('announced');
  await announces('full');
}

/** Long enough for a drain that wrongly goes on to be seen. */
const SETTLED_MS = 600;

const known = (turns: readonly NodeTurn[], confirmed = true): Census => ({
  known: true,
  others: [{ node: 'lb-2', state: 'announced', faults: [] }],
  turns,
  confirmed,
});
const LB_2_DRAINS: NodeTurn = { node: 'lb-2', step: 'drains', number: 1 };
const toldTurn = (rig: Rig): unknown => rig.presence.told.at(-1)?.turn;

describe('beside others that drain', () => {
  test('one waits for its turn, announced in full, says so, and goes on by itself', async () => {
    await using rig = await start();
    rig.presence.finds(known([LB_2_DRAINS]));
    await inFull(rig);
    rig.agent.orderDrain(25_000, false);
    await eventually(() => expect(drainOf(rig)).toMatchObject({ stage: 'waiting', waiting: 'its turn: lb-2 drains' }));
    expect(toldTurn(rig)).toStrictEqual({ step: 'waits', number: 2 });
    expect(await rig.metrics()).toContain('fairlead_drain_stage{stage="waiting"} 1');
    await pause(SETTLED_MS);
    expect(await announced()).toBe('full');
    rig.presence.finds(known([], false));
    await eventually(() => expect(toldTurn(rig)).toStrictEqual({ step: 'claims', number: 2 }));
    await pause(SETTLED_MS);
    expect(await announced()).toBe('full');
    const goesAt = Date.now();
    rig.presence.finds(known([]));
    await announces('nothing');
    expect(toldTurn(rig)).toStrictEqual({ step: 'drains', number: 2 });
    // The time that was ordered began with its turn.
    expect(drainOf(rig)?.deadline).toBeGreaterThanOrEqual(goesAt + 25_000);
    expect(rig.decisions).toStrictEqual(['announced', 'draining', 'draining']);
    rig.agent.callOffDrain();
    await eventually(() => expect(toldTurn(rig)).toBeUndefined());
    expect(stagesLogged(rig).slice(0, 2)).toStrictEqual(['waiting', 'deprioritised']);
  });

  test('one that does not know the others waits, announced in full', async () => {
    await using rig = await start();
    await inFull(rig);
    rig.agent.orderDrain(undefined, false);
    const waiting = 'its turn: the others are not known: not read yet';
    await eventually(() => expect(drainOf(rig)).toMatchObject({ stage: 'waiting', waiting }));
    await pause(SETTLED_MS);
    expect(await announced()).toBe('full');
    rig.presence.finds(known([]));
    await announces('nothing');
  });

  test('one whose process ends anyway waits for nobody, and is told to the others', async () => {
    await using rig = await start();
    rig.presence.finds(known([LB_2_DRAINS]));
    await inFull(rig);
    rig.agent.orderDrain(undefined, false);
    await reaches(rig, 'waiting');
    rig.agent.orderDrain(undefined, true);
    await announces('nothing');
    expect(toldTurn(rig)).toStrictEqual({ step: 'drains', number: 2 });
  });

  test('one that announces nothing takes nothing away: it does not begin to while it would wait', async () => {
    await using rig = await start({ files: { 'web.yaml': WEB, 'node.yaml': DRAIN_ME } });
    rig.presence.finds(known([LB_2_DRAINS]));
    await reaches(rig, 'drained');
    expect(rig.decisions).toStrictEqual(['draining']);
    expect(toldTurn(rig)).toHaveProperty('step', 'drains');
  });

  test('one that is started anew has the turn it had, and one that waited the number', async () => {
    await using first = await start();
    first.presence.finds(known([]));
    await inFull(first);
    first.kernel.clients = { active: 1, opened: 1, received: 1 };
    first.agent.orderDrain(undefined, false);
    await reaches(first, 'withdrawn');
    await first.stop();
    // It is away for its maintenance: its Lease is left.
    expect(first.presence.ended).toBe('handed over');
    await using second = await start();
    second.presence.finds(known([{ ...LB_2_DRAINS, number: 9 }]));
    expect(drainOf(second)).toMatchObject({ stage: 'withdrawn', turn: { step: 'drains', number: 1 } });
    second.agent.callOffDrain();
    await inFull(second);
    second.agent.orderDrain(undefined, false);
    await eventually(() => expect(toldTurn(second)).toStrictEqual({ step: 'waits', number: 10 }));
    await second.stop();
    expect(second.presence.ended).toBe('stopped');
    await using third = await start();
    third.presence.finds(known([{ ...LB_2_DRAINS, number: 20 }]));
    await inFull(third);
    expect(drainOf(third)).toMatchObject({ stage: 'waiting', turn: { step: 'waits', number: 10 } });
  });

  test('one that is at its end, and has no maintenance to come, leaves no Lease behind', async () => {
    await using rig = await start();
    await inFull(rig);
    rig.agent.orderDrain(undefined, true);
    await announces('nothing');
    await rig.stop();
    expect(rig.presence.ended).toBe('stopped');
  });
});
