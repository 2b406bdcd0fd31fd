import { describe, expect, test } from 'vitest';
import { decodePolicies } from '../../../src/bgp/messages/policies.ts';
import { NO_EDITS } from '../../../src/bgp/policy.ts';
import { NUMBERS as V3 } from '../../../src/bgp/v3/policies.ts';
import { NUMBERS as V4 } from '../../../src/bgp/v4/policies.ts';

const NOTHING = { nextHopInList: [], routeType: 0 };

describe.each([
  ['v3', V3],
  ['v4', V4],
])('policies of somebody else, by the %s API', (_, numbers) => {
  const decode = (conditions: object, actions: object) => {
    const statement = { conditions: { ...NOTHING, ...conditions }, actions: { routeAction: 0, ...actions } };
    const exports = { policies: [{ statements: [statement] }], defaultAction: numbers.actions.reject };
    return decodePolicies([], { exports, imports: undefined }, numbers).exports.statements[0];
  };
  const [add, others] = [numbers.addCommunities, [1, 2].map((more) => numbers.addCommunities + more)];

  test.each(others)('that do action %i to communities and more are told from ours', (type) => {
    const action = { type, communities: ['64512:1'] };
    const all = { community: action, largeCommunity: action, extCommunity: action };
    expect(decode({}, all)?.edits).toEqual({
      ...NO_EDITS,
      foreign: [`community action ${type}`, `large community action ${type}`, `extended community action ${type}`],
    });
  });

  test.each([
    [{ extCommunity: { type: add, communities: ['64512:1'] } }, `extended community action ${add}`],
    [{ med: { type: numbers.addMed + 1, value: 50 } }, `MED action ${numbers.addMed + 1}`],
    [{ asPrepend: { asn: 0, repeat: 2, useLeftMost: true } }, 'prepend of the leftmost AS'],
    [{ nexthop: { address: '10.0.0.1', self: false, unchanged: false } }, 'next hop 10.0.0.1'],
  ])('that edit by %j are told from ours', (actions, words) => {
    expect(decode({}, actions)?.edits).toEqual({ ...NO_EDITS, foreign: [words] });
  });

  test.each(['asPathSet', 'extCommunitySet', 'largeCommunitySet'])(
    'that ask for %s are told from ours',
    (condition) => {
      const match = { type: numbers.anyOfSet, name: 'theirs' };
      expect(decode({ [condition]: match }, {})?.edits.foreign).toEqual(['only for theirs']);
      expect(decode({ nextHopInList: ['10.0.0.1'] }, {})?.edits.foreign).toEqual(['only for 10.0.0.1']);
    },
  );

  test('that ask for all or none of a set are told from ours', () => {
    const type = numbers.anyOfSet + 2;
    expect(decode({ prefixSet: { type, name: 'owned' } }, {})?.prefixes).toBe(`match ${type} of owned`);
    expect(decode({ neighborSet: { type, name: 'one' } }, {})?.neighbors).toBe(`match ${type} of one`);
    expect(decode({ communitySet: { type, name: 'less' } }, {})?.communities).toBe(`match ${type} of less`);
  });

  test('that gobgpd says nothing of are none', () => {
    const none = { statements: [], otherwise: 'none' };
    expect(decodePolicies([undefined], { exports: undefined, imports: undefined }, numbers)).toEqual({
      sets: [],
      exports: none,
      imports: none,
    });
  });

  test('with numbers that have no name here are told from ours', () => {
    expect(decode({ routeType: 99 }, { routeAction: 98 })?.edits.foreign).toEqual(['route type 99', 'action 98']);
  });
});
