import { expect, test, vi } from 'vitest';
import { open, PATH } from './rig.ts';
import { RANGE } from './sample.ts';

const LESSER = { ...PATH, communities: ['65535:0'], med: 1000, prepend: 3 };
/** What is called first of all from now on. */
const firstOf = async (calls: readonly string[]): Promise<string | undefined> => {
  const before = calls.length;
  await vi.waitFor(() => expect(calls.length).toBeGreaterThan(before));
  return calls[before];
};

test('other paths are told before anything is read', async () => {
  const { gobgpd, speaker, want, set } = await open();
  await want();
  for (const [paths, call] of [
    [[LESSER], 'AddPath'],
    [[], 'DeletePath'],
    [[PATH], 'AddPath'],
  ] as const) {
    const first = firstOf(gobgpd.calls);
    set({ paths });
    expect(await first).toBe(call);
    expect(await speaker.reconcile()).toMatchObject({ inSync: true, problem: undefined });
  }
  expect(gobgpd.count('AddPath')).toBe(3);
  expect(gobgpd.count('DeletePath')).toBe(1);
});

test('a path that a gobgpd holds already is not told again by an agent that takes it over', async () => {
  const { gobgpd, speaker, want, set } = await open();
  await want();
  await want({ paths: undefined });
  set({});
  await speaker.reconcile();
  expect(gobgpd.count('AddPath')).toBe(1);
});

test('a withdrawal does not wait for a pass that is under way', async () => {
  const { gobgpd, speaker, want, set } = await open();
  await want();
  gobgpd.faults.set('ListPath', 'hang');
  const listed = gobgpd.count('ListPath');
  void speaker.reconcile();
  await vi.waitFor(() => expect(gobgpd.count('ListPath')).toBeGreaterThan(listed));
  set({ paths: [] });
  await vi.waitFor(() => expect(gobgpd.count('DeletePath')).toBe(1));
  // A pass that hangs says so, after two seconds.
  expect(speaker.state().silent).toBe(false);
});

test('a pass for a value that is no longer wanted takes no more steps', async () => {
  const { gobgpd, speaker, want, set } = await open();
  await want({ paths: [] });
  const gate = Promise.withResolvers<void>();
  gobgpd.faults.set('SetPolicies', { after: () => gate.promise });
  const prefix = '10.99.68.0/23';
  // To delete the peer would be the last step of this pass.
  set({ ranges: [RANGE, prefix], paths: [], peers: [] });
  await vi.waitFor(() => expect(gobgpd.count('SetPolicies')).toBe(2));
  set({ ranges: [RANGE, prefix], paths: [] });
  gate.resolve();
  expect(await speaker.reconcile()).toMatchObject({ inSync: true, problem: undefined });
  expect(gobgpd.count('DeletePeer')).toBe(0);
});

test('paths that follow one another at once end as the last one', async () => {
  const { gobgpd, speaker, want, set } = await open();
  await want();
  const gate = Promise.withResolvers<void>();
  gobgpd.faults.set('DeletePath', { after: () => gate.promise });
  set({ paths: [] });
  set({ paths: [LESSER] });
  set({});
  await vi.waitFor(() => expect(gobgpd.count('DeletePath')).toBe(1));
  expect(gobgpd.count('AddPath')).toBe(1);
  gate.resolve();
  expect(await speaker.reconcile()).toMatchObject({ inSync: true, prefixes: [RANGE] });
  expect(gobgpd.count('AddPath')).toBe(2);
});

test('a refused path is a problem, and the pass behind tries again', async () => {
  const { gobgpd, speaker, want, set } = await open();
  await want();
  gobgpd.faults.set('AddPath', { refuse: 'no' });
  set({ paths: [LESSER] });
  const state = await speaker.reconcile();
  expect(state).toMatchObject({ reachable: true, silent: false, inSync: false });
  expect(state.problem).toBe(`path ${RANGE}: AddPath: expected OK of gobgpd, got UNKNOWN (no)`);
  gobgpd.faults.clear();
  expect(await speaker.reconcile()).toMatchObject({ inSync: true, problem: undefined });
});

test('a path with something wrong is not told, and gobgpd keeps what it has of the rest', async () => {
  const { gobgpd, speaker, want, set } = await open();
  await want();
  set({ paths: [PATH, { ...PATH, prefix: '192.0.2.0/33' }] });
  expect((await speaker.reconcile()).problem).toBe('path 192.0.2.0/33: expected a canonical prefix');
  expect(gobgpd.count('AddPath')).toBe(1);
});
