import { describe, expect, test } from 'vitest';
import { wantedPolicies } from '../../src/bgp/policy.ts';
import { PEER, RANGE, WANTED } from '../unit/bgp/sample.ts';
import {
  alone,
  BINARIES,
  established,
  eventually,
  fieldsOf,
  GLOBAL,
  isBefore,
  LOCAL,
  pair,
  PATIENT,
  pause,
  received,
  speak,
  type Subject,
  wire,
} from './gobgp-trap-rig.ts';

const OTHER = '10.99.68.0/23';
const [IMPORT, EXPORT] = [1, 2];
const [ACCEPT, REJECT] = [1, 2];

/** An assignment without a policy, so that its default decides. */
const rejectAll = (direction: number) => ({ 1: 'global', 2: direction, 5: REJECT });

const defaultOf = async ({ rawList }: Subject, direction: number) =>
  (await rawList('ListPolicyAssignment', wire({ 1: 'global', 2: direction }))).flatMap((one) => fieldsOf(one, 1, 5));

describe.concurrent.each(BINARIES)('gobgpd %s', (_, binary) => {
  test('import policy that drops our own path: so ours lets in what is local', PATIENT, async (context) => {
    const { ours, peer } = await pair(binary, context);
    await ours.api.addPeer(PEER);
    await ours.raw('SetPolicyAssignment', wire({ 1: rejectAll(IMPORT) }));
    await ours.api.addPath(LOCAL);
    await established(ours);
    await pause(500);
    expect(await received(peer)).toEqual([]);
    await ours.api.setPolicies(wantedPolicies(WANTED));
    await ours.api.addPath(LOCAL);
    await eventually(async () => expect(await received(peer)).toEqual([RANGE]));
  });

  test('SetPolicies ignores assignments: so ours are sent by a call of their own', async (context) => {
    const ours = await alone(binary, context, GLOBAL);
    await ours.raw('SetPolicies', wire({ 3: [rejectAll(IMPORT), rejectAll(EXPORT)] }));
    expect([await defaultOf(ours, IMPORT), await defaultOf(ours, EXPORT)]).toEqual([[ACCEPT], [ACCEPT]]);
    await ours.api.setPolicies(wantedPolicies(WANTED));
    expect([await defaultOf(ours, IMPORT), await defaultOf(ours, EXPORT)]).toEqual([[REJECT], [REJECT]]);
  });

  test(
    'soft-out: before 4.6 what has been sent stays, so it is withdrawn before the policy is tightened',
    PATIENT,
    async (context) => {
      const [left, kept] = await Promise.all([pair(binary, context), pair(binary, context)]);
      const wide = { ...WANTED, ranges: [RANGE, OTHER] };
      const { speaker } = speak(kept.ours, context);
      const paths = [RANGE, OTHER].map((prefix) => ({ prefix, communities: [], med: undefined }));
      speaker.set({ ...wide, paths });
      await left.ours.api.setPolicies(wantedPolicies(wide));
      for (const { prefix } of paths) await left.ours.api.addPath({ ...LOCAL, prefix });
      await left.ours.api.addPeer(PEER);
      const both = async () => [await received(left.peer), await received(kept.peer)];
      await eventually(async () =>
        expect(await both()).toEqual([
          [RANGE, OTHER],
          [RANGE, OTHER],
        ]),
      );
      await left.ours.api.setPolicies(wantedPolicies(WANTED));
      await left.ours.api.refreshPeers();
      speaker.set({ ...WANTED, paths });
      await eventually(async () => expect(await received(kept.peer)).toEqual([RANGE]));
      await pause(500);
      expect(await received(left.peer)).toEqual(isBefore(binary, '4.6') ? [RANGE, OTHER] : [RANGE]);
    },
  );
});
