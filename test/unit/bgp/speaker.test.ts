import { expect, test, vi } from 'vitest';
import { open } from './rig.ts';
import { PEER, RANGE } from './sample.ts';

test('a refused peer is a problem by name, and everything else is done', async () => {
  const { gobgpd, speaker, events, want } = await open();
  gobgpd.faults.set('AddPeer', { refuse: 'no' });
  const state = await want({ peers: [PEER, { ...PEER, address: '10.22.108.2' }] });
  expect(state).toEqual({
    reachable: true,
    silent: false,
    version: 'v3',
    inSync: false,
    withdrawingSince: undefined,
    problem:
      'peer 10.22.108.1: AddPeer: expected OK of gobgpd, got UNKNOWN (no); ' +
      'peer 10.22.108.2: AddPeer: expected OK of gobgpd, got UNKNOWN (no)',
    prefixes: [RANGE],
    peers: [
      { address: '10.22.108.1', as: 64500, state: 'unknown', advertised: [] },
      { address: '10.22.108.2', as: 64500, state: 'unknown', advertised: [] },
    ],
  });
  await speaker.reconcile();
  expect(events.filter((event) => event === 'problem-found' || event === 'gobgpd-reached')).toHaveLength(1);
  gobgpd.faults.clear();
  expect(await speaker.reconcile()).toMatchObject({ inSync: true, problem: undefined });
});

test('steps of one kind are taken together, and those of the next kind after them', async () => {
  const { gobgpd, want } = await open();
  const gate = Promise.withResolvers<void>();
  gobgpd.faults.set('AddPath', { after: () => gate.promise });
  const prefixes = [RANGE, '10.99.68.0/23', '10.99.70.0/23'];
  const paths = prefixes.map((prefix) => ({ prefix, communities: [], med: undefined }));
  const pass = want({ ranges: prefixes, paths });
  await vi.waitFor(() => expect(gobgpd.count('AddPath')).toBe(3));
  expect(gobgpd.count('AddPeer')).toBe(0);
  gate.resolve();
  expect(await pass).toMatchObject({ inSync: true, prefixes });
});

test('no peer is added while the policies are refused', async () => {
  const { gobgpd, want } = await open();
  gobgpd.faults.set('SetPolicyAssignment', { refuse: 'no' });
  const state = await want();
  expect(state.problem).toBe('policies: SetPolicyAssignment: expected OK of gobgpd, got UNKNOWN (no)');
  expect(gobgpd.count('AddPeer')).toBe(0);
  expect(state.prefixes).toEqual([RANGE]);
});

test('nothing is asked of a gobgpd that refused to start', async () => {
  const { gobgpd, want } = await open();
  gobgpd.faults.set('StartBgp', { refuse: 'bind: address already in use' });
  const state = await want();
  expect(state.problem).toMatch(/^AS 64512: StartBgp: .*address already in use/);
  expect(gobgpd.calls).not.toContain('SetPolicies');
  expect(gobgpd.calls).not.toContain('AddPath');
});

test('an OK without an effect is found by reading back', async () => {
  const { gobgpd, want } = await open();
  gobgpd.faults.set('AddPath', 'swallow');
  expect(await want()).toMatchObject({
    inSync: false,
    problem: `path ${RANGE}: expected it in gobgpd after the call, read back without it`,
  });
});

test('a gobgpd of another API version is told by name', async () => {
  const { want } = await open('nothing');
  const state = await want();
  expect(state).toMatchObject({ reachable: true, inSync: false });
  expect(state.problem).toMatch(/^GetBgp: .*knows neither; run gobgpd 4\.x or 3\.x/);
});

test('a call that hangs ends by its deadline, and with it the pass', { timeout: 12_000 }, async () => {
  const { gobgpd, speaker, want } = await open();
  await want();
  gobgpd.faults.set('AddPath', 'hang');
  const begin = performance.now();
  const state = await want({ paths: [{ prefix: RANGE, communities: [], med: 7 }], peers: [] });
  // Two passes: the one of `set` and the one that is waited for.
  expect(performance.now() - begin).toBeLessThan(4500);
  expect(state.inSync).toBe(false);
  expect(gobgpd.count('DeletePeer')).toBe(0);
  gobgpd.faults.clear();
  await vi.waitFor(() => expect(speaker.state()).toMatchObject({ inSync: true, peers: [] }), 4000);
});

test('closing ends calls under way at once', async () => {
  const { gobgpd, speaker, want } = await open();
  await want();
  gobgpd.faults.set('GetBgp', 'hang');
  const pass = speaker.reconcile();
  const begin = performance.now();
  await speaker.close();
  await pass;
  // Its deadline is a second.
  expect(performance.now() - begin).toBeLessThan(900);
});

test('a value set while a pass runs is the one that counts in the end', async () => {
  const { speaker, want } = await open();
  const first = want();
  const last = want({ paths: [] });
  await first;
  expect(await last).toMatchObject({ inSync: true, prefixes: [] });
  expect(speaker.state()).toMatchObject({ inSync: true, prefixes: [] });
});

test('what is equal already is not sent again, and tells nobody', async () => {
  const { gobgpd, states, want } = await open();
  await want();
  const [calls, told] = [gobgpd.calls.length, states.length];
  await want();
  expect(gobgpd.calls.slice(calls).filter((call) => !/^(Get|List|Watch)/.test(call))).toEqual([]);
  expect(states).toHaveLength(told);
});

test('without a wanted value gobgpd is only read', async () => {
  const { gobgpd, speaker } = await open();
  expect(await speaker.reconcile()).toMatchObject({ reachable: true, inSync: false, problem: undefined });
  expect(gobgpd.calls.filter((call) => !/^(Get|List|Watch)/.test(call))).toEqual([]);
});

test('an event stream that ends is opened again', { timeout: 8000 }, async () => {
  const { gobgpd, want } = await open();
  await want();
  await vi.waitFor(() => expect(gobgpd.count('WatchEvent')).toBe(1));
  gobgpd.endStreams();
  await vi.waitFor(() => expect(gobgpd.count('WatchEvent')).toBe(2), 4000);
});
