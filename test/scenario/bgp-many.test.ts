import { expect, test } from 'vitest';
import { createSpeaker } from '../../src/bgp/gobgp-speaker.ts';
import type { Speaker } from '../../src/bgp/speaker.ts';
import type { Path } from '../../src/model/path.ts';
import { PATH, WANTED } from '../unit/bgp/sample.ts';
import { eventually, pause } from './agent-rig.ts';
import { gobgpdForEach } from './gobgpd-for-each.ts';

const gobgpd = gobgpdForEach();

const hostsUpTo = (count: number): Path[] =>
  Array.from({ length: count }, (_, index) => ({
    prefix: `172.20.${index >> 8}.${index & 255}/32`,
    communities: [],
    med: undefined,
  }));

/** A speaker that has announced the range and single addresses, and each state it was in since. */
async function announcing(hosts: readonly Path[]) {
  const states: ReturnType<Speaker['state']>[] = [];
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
  const speaker = createSpeaker({ target: gobgpd().target, log, onChange: (state) => void states.push(state) });
  const set = (paths: readonly Path[]): void =>
    speaker.set({ ...WANTED, listenPort: -1, hosts: ['172.20.0.0/16'], paths: [PATH, ...paths] });
  set(hosts);
  await eventually(() => expect(speaker.state()).toMatchObject({ inSync: true, problem: undefined }), 60_000);
  return { speaker, states, set, [Symbol.asyncDispose]: () => speaker.close() };
}

test('thousands of paths are told while gobgpd answers on', { timeout: 120_000 }, async () => {
  const hosts = hostsUpTo(4000);
  await using rig = await announcing(hosts);
  expect(rig.speaker.state().prefixes).toHaveLength(hosts.length + 1);
  expect(rig.states.filter(({ silent }) => silent)).toEqual([]);
});

test('withdrawals that come one behind the other are each over in their own time', { timeout: 60_000 }, async () => {
  const hosts = hostsUpTo(600);
  await using rig = await announcing(hosts);
  const begin = performance.now();
  let longest = 0;
  for (let turn = 0; turn < hosts.length && performance.now() - begin < 5000; turn++) {
    rig.set(hosts.slice(turn + 1));
    await pause(20);
    longest = Math.max(longest, performance.now() - (rig.speaker.state().withdrawingSince ?? performance.now()));
  }
  // A gobgpd that takes a second to withdraw is fenced, and this one has withdrawn each within milliseconds.

  expect(longest).toBeLessThan(2500);
  expect(rig.states.filter(({ silent }) => silent)).toEqual([]);
});
