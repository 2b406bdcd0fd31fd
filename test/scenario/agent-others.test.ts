import { expect, test } from 'vitest';
import type { Census } from '../../src/model/census.ts';
import type { AnnouncementState } from '../../src/model/status.ts';
import { eventually, RANGE, Rig, WEB } from './agent-rig.ts';
import { gobgpdForEach } from './gobgpd-for-each.ts';

const gobgpd = gobgpdForEach();

const one = (state: AnnouncementState, confirmed = true): Census => ({
  known: true,
  turns: [],
  confirmed,
  others: [{ node: 'lb-2', state, faults: [] }],
});

/** An agent that announces in full, beside another node. */
async function announcing(): Promise<Rig> {
  const rig = await Rig.start({ target: gobgpd().target, files: { 'web.yaml': WEB }, minimumAnnouncers: 1 });
  rig.presence.finds(one('announced'));
  await rig.reaches('announced');
  return rig;
}

const isState = (rig: Rig, state: AnnouncementState): Promise<void> =>
  eventually(() => expect(rig.status.announcement.state).toBe(state));

test('a failing node tells the others, and withdraws when one of them is seen to announce on', async () => {
  await using rig = await announcing();
  rig.presence.found = one('announced', false);
  rig.probe.losesPackets = true;
  await isState(rig, 'deprioritised');
  // No switch has a session with this gobgpd, so that the others must not count on it: see presence-agents.test.ts.
  expect(rig.presence.told).toStrictEqual([
    { state: 'withdrawn', faults: [] },
    { state: 'withdrawn', faults: ['probe-failed'] },
  ]);
  await eventually(async () => expect((await gobgpd().table())[0]).toMatchObject({ prefix: RANGE, med: 1000 }));
  rig.presence.finds(one('announced'));
  await isState(rig, 'withdrawn');
  await eventually(async () => expect(await gobgpd().table()).toStrictEqual([]));
  expect(rig.decisions).toStrictEqual(['announced', 'probe-failed', 'probe-failed']);
});

test('the last node that announces stays, deprioritised, and says so', async () => {
  await using rig = await announcing();
  rig.presence.finds(one('deprioritised'));
  rig.probe.losesPackets = true;
  await isState(rig, 'deprioritised');
  await eventually(() => expect(rig.conditions).toContain('last-announcer'));
  expect(rig.status.announcement).toMatchObject({ reason: 'probe-failed' });
  expect(await rig.metrics()).toContain('fairlead_announcement_state{state="deprioritised"} 1');
  expect((await gobgpd().table()).map(({ prefix }) => prefix)).toStrictEqual([RANGE]);
  rig.presence.finds(one('announced'));
  await isState(rig, 'withdrawn');
  await eventually(() => expect(rig.conditions).not.toContain('last-announcer'));
});

test('where the others are not known, a fault only deprioritises', async () => {
  await using rig = await announcing();
  rig.presence.finds({ known: false, why: 'no answer' });
  rig.kernel.refuses.add('vip');
  rig.kernel.takeAway('vip');
  await isState(rig, 'deprioritised');
  await eventually(() => expect(rig.conditions).toEqual(expect.arrayContaining(['census-unknown', 'last-announcer'])));
  // The probe may fail before the missing route is certain, and then the reason changes once more.
  expect(rig.status.history.map(({ state }) => state)).toContain('announced');
  expect(rig.lines.map(({ event }) => event)).not.toContain('withdrawn');
});

test('a withdrawn node that is well again is back at once where nobody else announces', async () => {
  await using rig = await announcing();
  rig.probe.losesPackets = true;
  await isState(rig, 'withdrawn');
  rig.presence.found = one('withdrawn');
  rig.probe.losesPackets = false;
  await rig.reaches('announced');
  expect(rig.lines.filter(({ event }) => event === 'held-down').length).toBeLessThanOrEqual(1);
  expect(rig.status.flaps).toBe(1);
});
