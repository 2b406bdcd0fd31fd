import { describe, expect, test } from 'vitest';
import { DefinedType as DefinedTypeV3 } from '../../src/bgp/gen/gobgp-v3.ts';
import { DefinedType as DefinedTypeV4 } from '../../src/bgp/gen/gobgp-v4.ts';
import { samePolicies, wantedPolicies } from '../../src/bgp/policy.ts';
import { PEER, RANGE, WANTED } from '../unit/bgp/sample.ts';
import { alone, BINARIES, failureOf, fieldsOf, GLOBAL, LOCAL, type Subject, textsOf, wire } from './gobgp-trap-rig.ts';

const [IMPORT, EXPORT, REJECT] = [1, 2, 2];
const PREFIX_SETS = { v3: DefinedTypeV3.PREFIX, v4: DefinedTypeV4.DEFINED_TYPE_PREFIX };

const setNames = async ({ rawList }: Subject, kind: number): Promise<string[]> =>
  (await rawList('ListDefinedSet', wire({ 1: kind }))).flatMap((answer) => textsOf(answer, 1, 2));

describe.concurrent.each(BINARIES)('gobgpd %s', (_, binary) => {
  const { api } = binary;

  test('enums shifted by one: a number of the other version means something else, so none is shared', async (context) => {
    const ours = await alone(binary, context, GLOBAL);
    const policies = wantedPolicies(WANTED);
    await ours.api.setPolicies(policies);
    await ours.api.addPath(LOCAL);
    expect(await setNames(ours, PREFIX_SETS[api])).toEqual(policies.sets.map(({ name }) => name));
    const other = setNames(ours, PREFIX_SETS[api === 'v3' ? 'v4' : 'v3']);
    if (api === 'v3') expect(await other).toEqual([]);
    else expect(await failureOf(other)).toMatchObject({ message: expect.stringContaining('unspecified defined type') });
    expect(samePolicies(policies, await ours.api.policies())).toBe(true);
    expect(await ours.api.paths()).toMatchObject([{ prefix: RANGE }]);
  });

  test('ApplyPolicy renumbered: an export policy of 3.x is an import policy of 4.x, so none is ever sent', async (context) => {
    const ours = await alone(binary, context, GLOBAL);
    const peer = ours.peerBytes({ ...PEER, passive: true, gracefulRestart: { restartTimeSeconds: 20 } });
    expect(fieldsOf(peer, 1)).toEqual([]);
    const exportPolicyOf3 = { 2: { 1: 'none', 2: EXPORT, 5: REJECT } };
    await ours.raw('AddPeer', wire({ 1: Buffer.concat([peer, wire({ 1: exportPolicyOf3 })]) }));
    const [answer = new Uint8Array()] = await ours.rawList('ListPeer');
    expect(fieldsOf(answer, 1, 1, 2, 5)).toEqual([REJECT]);
    expect(fieldsOf(answer, 1, 1, 2, 2)).toEqual([api === 'v3' ? EXPORT : IMPORT]);
  });
});
