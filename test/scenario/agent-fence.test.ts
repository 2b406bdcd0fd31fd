import { expect, test } from 'vitest';
import { eventually, Rig, WEB } from './agent-rig.ts';
import { gobgpdForEach } from './gobgpd-for-each.ts';

const gobgpd = gobgpdForEach();

const start = (): Promise<Rig> => Rig.start({ target: gobgpd().target, files: { 'web.yaml': WEB } });

test('a gobgpd that is stopped is fenced, and no longer once it goes on', async () => {
  await using rig = await start();
  await rig.reaches('announced');
  gobgpd().stop();
  await eventually(() => expect(rig.fence.raised?.peers).toMatchObject([{ address: '10.22.108.1', port: 179 }]));
  await eventually(() => expect(rig.conditions).toContain('gobgpd-fenced'));
  expect(rig.phase).toBe('announced');
  gobgpd().resume();
  await eventually(() => expect(rig.fence.raised).toBeUndefined());
  await eventually(() => expect(rig.conditions).not.toContain('gobgpd-fenced'));
  const events = rig.lines.map(({ event }) => event).filter((event) => String(event).startsWith('fence-'));
  expect(events).toStrictEqual(['fence-raised', 'fence-lifted']);
});

test('a gobgpd that was to withdraw while it was stopped is let out behind its withdrawal', async () => {
  await using rig = await start();
  await rig.reaches('announced');
  gobgpd().stop();
  rig.probe.losesPackets = true;
  await rig.reaches('probe-failed');
  await eventually(() => expect(rig.fence.raised).toBeDefined());
  gobgpd().resume();
  await eventually(() => expect(rig.fence.raised).toBeUndefined());
  expect(await gobgpd().table()).toStrictEqual([]);
});

test('a gobgpd that is stopped keeps its sessions where no other node announces', async () => {
  await using rig = await Rig.start({ target: gobgpd().target, files: { 'web.yaml': WEB }, minimumAnnouncers: 1 });
  rig.presence.found = { known: true, turns: [], others: [], confirmed: true };
  await rig.reaches('announced');
  gobgpd().stop();
  await eventually(() => expect(rig.conditions).toContain('gobgpd-unreachable'));
  expect(rig.fence.raises).toBe(0);
  rig.presence.finds({
    known: true,
    turns: [],
    others: [{ node: 'lb-2', state: 'announced', faults: [] }],
    confirmed: true,
  });
  await eventually(() => expect(rig.fence.raised).toBeDefined());
  gobgpd().resume();
  await eventually(() => expect(rig.fence.raised).toBeUndefined());
});

test('a gobgpd that was killed is not fenced', async () => {
  await using rig = await start();
  await rig.reaches('announced');
  await gobgpd().kill();
  await eventually(() => expect(rig.conditions).toContain('gobgpd-unreachable'));
  await gobgpd().start();
  await eventually(() => expect(rig.conditions).not.toContain('gobgpd-unreachable'));
  expect(rig.fence.raises).toBe(0);
});
