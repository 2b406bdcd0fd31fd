import { describe, expect, test } from 'vitest';
import { NO_EDITS, NO_POLICIES, samePolicies, wantedPolicies } from '../../../src/bgp/policy.ts';
import type { PeerAttributes } from '../../../src/model/path.ts';
import { PEER, RANGE, RANGE6, WANTED } from './sample.ts';

const ON_TOP: PeerAttributes = {
  communities: ['64512:7'],
  largeCommunities: ['64512:1:2'],
  med: 10,
  prepend: 2,
  localPref: undefined,
};
const EDITS = {
  ...NO_EDITS,
  communities: ['64512:7'],
  largeCommunities: ['64512:1:2'],
  addMed: 10,
  prepend: { as: 64512, times: 2 },
};
const NEIGHBOR = { kind: 'neighbor', name: 'fairlead-peer-10.22.108.1', members: ['10.22.108.1/32'] };
const out = (prefixes: string) => ({
  prefixes: `in ${prefixes}`,
  neighbors: undefined,
  communities: undefined,
  routeType: 'local',
  edits: NO_EDITS,
  action: 'accept',
});

describe('the policies', () => {
  test('let out our own paths for exactly the ranges and for single addresses, and nothing in', () => {
    const { exports, imports, sets } = wantedPolicies({ ...WANTED, ranges: [RANGE, RANGE6], hosts: ['192.0.2.0/24'] });
    expect(sets).toEqual([
      { kind: 'prefix', name: 'fairlead-owned', members: [`${RANGE} 23..23`, '192.0.2.0/24 32..32'] },
      { kind: 'prefix', name: 'fairlead-owned-ipv6', members: [`${RANGE6} 112..112`] },
    ]);
    expect(exports).toEqual({
      statements: [out('fairlead-owned'), out('fairlead-owned-ipv6')],
      otherwise: 'reject',
    });
    expect(imports).toEqual({
      statements: [{ ...out(''), prefixes: undefined }],
      otherwise: 'reject',
    });
  });

  test('let nothing out where nothing is owned', () => {
    expect(wantedPolicies({ ...WANTED, ranges: [] })).toMatchObject({ sets: [], exports: { statements: [] } });
  });

  test('let in what is asked for, exactly, and no further', () => {
    const { exports, imports, sets } = wantedPolicies({ ...WANTED, accept: ['0.0.0.0/0'] });
    expect(sets[1]).toEqual({ kind: 'prefix', name: 'fairlead-accepted', members: ['0.0.0.0/0 0..0'] });
    expect(imports.statements[1]).toEqual({ ...out('fairlead-accepted'), routeType: 'any' });
    expect(exports.statements.every(({ routeType }) => routeType === 'local')).toBe(true);
  });

  test('give the paths of one peer what they get on top, ahead of those of all', () => {
    const { exports, sets } = wantedPolicies({ ...WANTED, peers: [{ ...PEER, onTop: ON_TOP }] });
    expect(sets[1]).toEqual(NEIGHBOR);
    expect(exports.statements).toEqual([
      { ...out('fairlead-owned'), neighbors: `in ${NEIGHBOR.name}`, edits: EDITS },
      out('fairlead-owned'),
    ]);
  });

  test('leave the local preference of a deprioritised path as it is', () => {
    const onTop = { ...ON_TOP, localPref: 200 };
    const { exports, sets } = wantedPolicies({ ...WANTED, peers: [{ ...PEER, onTop }] });
    const set = { kind: 'community', name: 'fairlead-deprioritised', members: ['^65535:0$'] };
    const neighbors = `in ${NEIGHBOR.name}`;
    expect(sets[2]).toEqual(set);
    expect(exports.statements.slice(0, 2)).toEqual([
      { ...out('fairlead-owned'), neighbors, communities: `in ${set.name}`, edits: EDITS },
      { ...out('fairlead-owned'), neighbors, edits: { ...EDITS, localPref: 200 } },
    ]);
  });

  test('are the same in another order and beside sets of others', () => {
    const two = wantedPolicies({ ...WANTED, hosts: ['192.0.2.0/24'] });
    const sets = two.sets.map((set) => ({ ...set, members: set.members.toReversed() }));
    const other = { kind: 'prefix', name: 'theirs', members: [] } as const;
    expect(samePolicies(two, { ...two, sets: [other, ...sets] })).toBe(true);
    expect(samePolicies(two, { ...two, sets: [other] })).toBe(false);
    expect(samePolicies(two, NO_POLICIES)).toBe(false);
  });

  test.each([
    { action: 'reject' },
    { routeType: 'any' },
    { prefixes: undefined },
    { neighbors: 'in theirs' },
    { communities: 'in theirs' },
    { edits: { ...NO_EDITS, communities: ['1:1'] } },
    { edits: { ...NO_EDITS, largeCommunities: ['1:1:1'] } },
    { edits: { ...NO_EDITS, addMed: 1 } },
    { edits: { ...NO_EDITS, localPref: 1 } },
    { edits: { ...NO_EDITS, prepend: { as: 64512, times: 1 } } },
    { edits: { ...NO_EDITS, foreign: ['next hop'] } },
  ] as const)('are others with %o', (part) => {
    const wanted = wantedPolicies(WANTED);
    const statements = wanted.exports.statements.map((statement) => ({ ...statement, ...part }));
    expect(samePolicies(wanted, { ...wanted, exports: { ...wanted.exports, statements } })).toBe(false);
  });
});
