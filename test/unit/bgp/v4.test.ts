import { describe, expect, test } from 'vitest';
import {
  AddPathRequest,
  Attribute,
  Destination,
  fromBytes,
  ListPathResponse,
  Peer as PeerMessage,
  PolicyAssignment,
  SetPoliciesRequest,
  toBytes,
} from '../../../src/bgp/gen/gobgp-v4.ts';
import { encodeAssignment, encodePolicies } from '../../../src/bgp/messages/policies.ts';
import { decodeLocalPath, decodePeer } from '../../../src/bgp/v4/decode.ts';
import { encodePath, encodePeer } from '../../../src/bgp/v4/encode.ts';
import { NUMBERS } from '../../../src/bgp/v4/policies.ts';
import { EVERYTHING, NOTHING, PEER, POLICY } from './sample.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test.each([
  ['a prefix, member 1 of NLRI', '0a100a0e0817120a31302e39392e36362e30'],
  ['IGP as origin, member 2 of Attribute', '12021200'],
  ['AS_SEQUENCE, member 3', '1a090a070802120380f803'],
  ['the next hop, member 4', '220f0a0d31302e32322e3130382e313030'],
  ['the MED, member 5', '2a020832'],
  ['LOCAL_PREF, member 6', '320308c801'],
  ['communities, member 9', '4a070a058080fcff0f'],
  ['a link bandwidth, member 14 of Attribute and 5 of ExtendedCommunity', '720d0a0b2a090880f80315f902954e'],
  ['large communities, member 21', 'aa010a0a080880f80310011802'],
])('a path goes over the wire as GoBGP 4.8 lays it out: %s', (_, expected) => {
  expect(hex(toBytes(AddPathRequest, { path: encodePath(EVERYTHING) }))).toContain(expected);
});

test('an IPv6 path leads to its prefix by MP_REACH_NLRI, member 12 of Attribute', () => {
  const { pattrs } = encodePath({ ...NOTHING, prefix: 'fd99:66::/112', nextHop: 'fd22::100' });
  expect(pattrs).toEqual([
    { origin: { origin: 0 } },
    {
      mpReach: {
        family: { afi: 2, safi: 1 },
        nextHops: ['fd22::100'],
        nlris: [{ prefix: { prefix: 'fd99:66::', prefixLen: 112 } }],
      },
    },
  ]);
  expect(hex(toBytes(Attribute, pattrs?.[1] ?? {})).slice(0, 2)).toBe('62');
});

describe('a path of somebody else', () => {
  const own = encodePath({ ...NOTHING, prefix: '10.0.0.0/8' });
  const foreign = (pattrs: object[]) => {
    const message = { prefix: '', paths: [{ ...own, pattrs: [...(own.pattrs ?? []), ...pattrs] }] };
    return decodeLocalPath(fromBytes(Destination, toBytes(Destination, message)))?.foreign;
  };

  test.each([
    [{ origin: { origin: 2 } }, ['origin 2']],
    [{ asPath: { segments: [{ type: 1, numbers: [64512] }] } }, ['AS path with a set']],
    [{ extendedCommunities: { communities: [{}] } }, ['extended community']],
    [
      { extendedCommunities: { communities: [{ linkBandwidth: {} }, { linkBandwidth: {} }] } },
      ['another link bandwidth'],
    ],
    [{}, ['another attribute']],
  ])('with %j is told from ours', (attribute, words) => {
    expect(foreign([attribute])).toEqual(words);
  });

  test('with attributes alone is passed over where nothing says what it is for', () => {
    const answer = { destination: { prefix: 'invalid', paths: [{ pattrs: own.pattrs }] } };
    const { destination } = fromBytes(ListPathResponse, toBytes(ListPathResponse, answer));
    expect(decodeLocalPath(destination)).toBeUndefined();
    expect(decodeLocalPath(undefined)).toBeUndefined();
  });
});

const read = (message: object) => decodePeer(fromBytes(PeerMessage, toBytes(PeerMessage, message)));

describe('a peer', () => {
  const address = { conf: { neighborAddress: '10.22.108.1' } };

  test('is sent with BFD in microseconds, member 12', () => {
    const bytes = toBytes(PeerMessage, encodePeer({ ...PEER, bfd: { intervalMs: 300, multiplier: 3 } }));
    expect(hex(bytes)).toContain('620c080118e0a71220e0a7122803');
  });

  test.each([
    [{ sessionState: 6 }, { state: 'established' }],
    [{ sessionState: 99 }, { state: 'unknown' }],
    [{ disconnectReason: 2 }, { lastError: 'hold timer expired' }],
    [{ disconnectReason: 4, disconnectMessage: 'cease' }, { lastError: 'notification received: cease' }],
    [{ disconnectReason: 99 }, { lastError: 'unknown' }],
    [{}, { lastError: undefined, bfdState: undefined }],
  ])('in the state %j is %j', (state, words) => {
    expect(read({ ...address, state })).toMatchObject(words);
  });

  test.each([
    [1, 'up'],
    [2, 'down'],
    [3, 'admin-down'],
    [4, 'init'],
    [0, 'down'],
    [99, 'down'],
  ])('whose BFD is in the state %i is %s', (sessionState, words) => {
    const bfd = { enabled: true, desiredMinimumTxInterval: 100_000, detectionMultiplier: 3 };
    expect(read({ ...address, bfd, state: { bfdState: { sessionState } } })).toMatchObject({
      bfd: { intervalMs: 100, multiplier: 3 },
      bfdState: words,
    });
  });

  test('without an address is passed over', () => {
    expect(read({})).toBeUndefined();
    expect(decodePeer(undefined)).toBeUndefined();
  });
});

test('policies go over the wire with the numbers of v4, most of them one more than in v3', () => {
  const message = fromBytes(SetPoliciesRequest, toBytes(SetPoliciesRequest, encodePolicies(POLICY, NUMBERS)));
  expect(message.definedSets.map(({ definedType }) => definedType)).toEqual([1, 2, 5]);
  const [statement] = message.policies[0]?.statements ?? [];
  expect(statement?.conditions).toMatchObject({
    prefixSet: { type: 1, name: 'owned' },
    neighborSet: { type: 1, name: 'one' },
    communitySet: { type: 1, name: 'less' },
    routeType: 3,
  });
  expect(statement?.actions).toMatchObject({
    routeAction: 1,
    community: { type: 1, communities: ['64512:100'] },
    largeCommunity: { type: 1, communities: ['64512:1:2'] },
    med: { type: 1, value: 50 },
    localPref: { value: 300 },
    asPrepend: { asn: 64512, repeat: 2, useLeftMost: false },
  });
  const assigned = toBytes(PolicyAssignment, encodeAssignment('exports', POLICY.exports, NUMBERS));
  expect(fromBytes(PolicyAssignment, assigned)).toMatchObject({ name: 'global', direction: 2, defaultAction: 2 });
});
