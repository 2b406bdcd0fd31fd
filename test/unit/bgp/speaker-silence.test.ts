import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { FakeGobgpd } from './fake-gobgpd.ts';
import { open, PATH } from './rig.ts';
import { RANGE } from './sample.ts';

/** As long as a machine may be busy with other things; what is waited for takes a second at most. */
const SOON = { timeout: 5000, interval: 20 };

test('a heartbeat without an answer is silence, and what was seen last stays', async () => {
  const { gobgpd, speaker, want, events } = await open();
  await want();
  gobgpd.faults.set('GetBgp', 'hang');
  await vi.waitFor(() => expect(speaker.state().silent).toBe(true), SOON);
  expect(speaker.state()).toMatchObject({ reachable: false, inSync: false, prefixes: [RANGE] });
  expect(speaker.state().problem).toBe('GetBgp: expected OK of gobgpd, got DEADLINE_EXCEEDED (no answer in 600 ms)');
  expect(events.at(-1)).toBe('gobgpd-lost');
  gobgpd.faults.clear();
  await vi.waitFor(() => expect(speaker.state()).toMatchObject({ silent: false, inSync: true }), SOON);
  expect(events.at(-1)).toBe('gobgpd-reached');
});

test('a path that gobgpd does not take in time is silence, though the heartbeat has its answers', async () => {
  const { gobgpd, speaker, want, set } = await open();
  await want();
  gobgpd.faults.set('DeletePath', 'hang');
  set({ paths: [] });
  await vi.waitFor(() => expect(speaker.state().silent).toBe(true), SOON);
  expect(speaker.state().problem).toMatch(/^DeletePath: .*DEADLINE_EXCEEDED/);
  const answered = gobgpd.count('GetBgp');
  await vi.waitFor(() => expect(gobgpd.count('GetBgp')).toBeGreaterThan(answered + 3), SOON);
  expect(speaker.state().silent).toBe(true);
  gobgpd.faults.clear();
  await vi.waitFor(() => expect(speaker.state()).toMatchObject({ silent: false, inSync: true, prefixes: [] }), SOON);
});

test('a gobgpd that is gone is not silent', async () => {
  const { gobgpd, speaker, want } = await open();
  await want();
  await gobgpd[Symbol.asyncDispose]();
  await vi.waitFor(() => expect(speaker.state().reachable).toBe(false), SOON);
  expect(speaker.state()).toMatchObject({ silent: false, inSync: false });
  expect(speaker.state().problem).toMatch(/got UNAVAILABLE/);
});

test('a gobgpd that starts is given time for its first answers: it has no sessions yet', async () => {
  const { gobgpd, speaker, want } = await open();
  await want();
  await gobgpd[Symbol.asyncDispose]();
  await vi.waitFor(() => expect(speaker.state().problem).toContain('no such socket'), SOON);
  await mkdir(dirname(gobgpd.target.replace('unix://', '')), { recursive: true });
  const next = await FakeGobgpd.start('v3', { target: gobgpd.target });
  next.faults.set('GetBgp', 'hang');
  onTestFinished(() => next[Symbol.asyncDispose]());
  await vi.waitFor(() => expect(speaker.state().problem).toContain('DEADLINE_EXCEEDED'), SOON);
  expect(speaker.state().silent).toBe(false);
  next.faults.clear();
  await vi.waitFor(() => expect(speaker.state()).toMatchObject({ reachable: true, inSync: true }), SOON);
  next.faults.set('GetBgp', 'hang');
  await vi.waitFor(() => expect(speaker.state().silent).toBe(true), { ...SOON, timeout: 3000 });
});

test('a gobgpd that takes its time is not silent', async () => {
  const { gobgpd, states, want } = await open();
  await want();
  gobgpd.faults.set('GetBgp', { after: () => new Promise((resolve) => setTimeout(resolve, 300)) });
  const asked = gobgpd.count('GetBgp');
  await vi.waitFor(() => expect(gobgpd.count('GetBgp')).toBeGreaterThanOrEqual(asked + 4), SOON);
  expect(states.filter(({ reachable, silent }) => silent || !reachable)).toEqual([]);
});

test('a pause of our own, in which nobody reads what gobgpd answers, is not its silence', async () => {
  const { speaker, states, want } = await open();
  await want();
  void speaker.reconcile();
  // The question is under way, and its answer is not there yet.
  await new Promise(setImmediate);
  const end = performance.now() + 1500;
  while (performance.now() < end);
  await speaker.reconcile();
  expect(states.filter(({ reachable, silent }) => silent || !reachable)).toEqual([]);
});

test('a withdrawal is under way from when it is wanted until gobgpd has been read without the prefix', async () => {
  const { gobgpd, speaker, states, want, set } = await open();
  expect(await want()).toMatchObject({ withdrawingSince: undefined });
  gobgpd.faults.set('DeletePath', 'swallow');
  const before = performance.now();
  set({ paths: [] });
  const since = speaker.state().withdrawingSince ?? 0;
  expect(since).toBeGreaterThanOrEqual(before);
  expect(since).toBeLessThanOrEqual(performance.now());
  expect(await speaker.reconcile()).toMatchObject({ withdrawingSince: since, inSync: false });
  set({ paths: [{ ...PATH, med: 7 }] });
  expect(speaker.state().withdrawingSince).toBeUndefined();
  gobgpd.faults.clear();
  const told = states.length;
  await want({ paths: [] });
  expect(states.slice(told).at(-1)).toMatchObject({ inSync: true, prefixes: [], withdrawingSince: undefined });
});

test('a path that is just being told is to be withdrawn like one that is there', async () => {
  const { gobgpd, speaker, want, set } = await open();
  await want({ paths: [] });
  const gate = Promise.withResolvers<void>();
  gobgpd.faults.set('AddPath', { after: () => gate.promise });
  set({});
  set({ paths: [] });
  expect(speaker.state().withdrawingSince).toBeDefined();
  gate.resolve();
  expect(await speaker.reconcile()).toMatchObject({ inSync: true, prefixes: [], withdrawingSince: undefined });
  expect(gobgpd.count('DeletePath')).toBe(1);
});

test('a path whose announcement got no answer may be there, and is to be withdrawn like one that is', async () => {
  const { gobgpd, speaker, want, set } = await open();
  await want({ paths: [] });
  gobgpd.faults.set('AddPath', 'hang');
  set({});
  await vi.waitFor(() => expect(speaker.state().silent).toBe(true), SOON);
  expect(speaker.state()).toMatchObject({ prefixes: [], withdrawingSince: undefined });
  gobgpd.faults.set('GetBgp', 'hang');
  set({ paths: [] });
  expect(speaker.state().withdrawingSince).toBeDefined();
  gobgpd.faults.clear();
  await vi.waitFor(() => expect(speaker.state()).toMatchObject({ inSync: true, withdrawingSince: undefined }), SOON);
});

test('the heartbeat goes on while a pass hangs', async () => {
  const { gobgpd, speaker, want } = await open();
  await want();
  gobgpd.faults.set('ListPath', 'hang');
  const pass = speaker.reconcile();
  await vi.waitFor(() => expect(gobgpd.calls.at(-1)).not.toBe('GetBgp'), SOON);
  gobgpd.faults.set('GetBgp', 'hang');
  await vi.waitFor(() => expect(speaker.state().silent).toBe(true), SOON);
  expect(speaker.state().problem).toMatch(/^GetBgp: /);
  gobgpd.faults.clear();
  await pass;
});

test('nothing is told to a gobgpd that does not answer: it would do it once it goes on, wanted or not', async () => {
  const { gobgpd, speaker, want, set } = await open();
  await want({ paths: [] });
  gobgpd.faults.set('GetBgp', 'hang');
  await vi.waitFor(() => expect(speaker.state().silent).toBe(true), SOON);
  set({});
  await speaker.reconcile();
  expect(gobgpd.count('AddPath')).toBe(0);
  gobgpd.faults.clear();
  await vi.waitFor(() => expect(speaker.state()).toMatchObject({ inSync: true, prefixes: [RANGE] }), SOON);
});
