import { describe, expect, test } from 'vitest';
import {
  AddPathRequest,
  AsPathAttribute,
  Destination,
  ExtendedCommunitiesAttribute,
  fromBytes,
  IPAddressPrefix,
  OriginAttribute,
  Peer as PeerMessage,
  PolicyAssignment,
  SetPoliciesRequest,
  toBytes,
} from '../../../src/bgp/gen/gobgp-v3.ts';
import { encodeAssignment, encodePolicies } from '../../../src/bgp/messages/policies.ts';
import { decodeLocalPath, decodePeer } from '../../../src/bgp/v3/decode.ts';
import { encodePath, encodePeer, TYPE_URL } from '../../../src/bgp/v3/encode.ts';
import { NUMBERS } from '../../../src/bgp/v3/policies.ts';
import { EVERYTHING, NOTHING, PEER, POLICY } from './sample.ts';

/** `name` of an Any, and its value in hex. */
const SENT = [
  ['IPAddressPrefix', '0817120a31302e39392e36362e30'],
  ['OriginAttribute', ''],
  ['AsPathAttribute', '0a070802120380f803'],
  ['NextHopAttribute', '0a0d31302e32322e3130382e313030'],
  ['MultiExitDiscAttribute', '0832'],
  ['LocalPrefAttribute', '08c801'],
  ['CommunitiesAttribute', '0a058080fcff0f'],
  ['LinkBandwidthExtended', '0880f80315f902954e'],
  ['LargeCommunitiesAttribute', '0a080880f80310011802'],
] as const;

test.each(SENT)('a path goes over the wire as GoBGP 3 lays it out: %s', (name, value) => {
  const bytes = Buffer.from(toBytes(AddPathRequest, { path: encodePath(EVERYTHING) })).toString('hex');
  const url = Buffer.from(`type.googleapis.com/apipb.${name}`).toString('hex');
  const length = (value.length / 2).toString(16).padStart(2, '0');
  expect(bytes).toContain(value === '' ? url : `${url}12${length}${value}`);
});

const any = (name: string, value: Uint8Array) => ({ typeUrl: `${TYPE_URL}${name}`, value });

describe('a path of somebody else', () => {
  const own = encodePath({ ...NOTHING, prefix: '10.0.0.0/8' });
  const read = (...pattrs: { typeUrl: string; value: Uint8Array }[]) => {
    const message = {
      prefix: '',
      paths: [{ ...own, pattrs: [...(own.pattrs ?? []), ...pattrs], neighborIp: '<nil>' }],
    };
    return decodeLocalPath(fromBytes(Destination, toBytes(Destination, message)));
  };
  const set = { segments: [{ type: 1, numbers: [64512] }] };
  const target = { communities: [any('TwoOctetAsSpecificExtended', Uint8Array.of(8, 1))] };

  test.each([
    [any('OriginAttribute', toBytes(OriginAttribute, { origin: 2 })), 'origin 2'],
    [any('AsPathAttribute', toBytes(AsPathAttribute, set)), 'AS path with a set'],
    [any('ExtendedCommunitiesAttribute', toBytes(ExtendedCommunitiesAttribute, target)), 'extended community'],
    [any('AigpAttribute', Uint8Array.of()), `${TYPE_URL}AigpAttribute`],
    [any('CommunitiesAttribute', Uint8Array.of(10, 9, 1)), `${TYPE_URL}CommunitiesAttribute`],
  ])('with %o is told from ours', (attribute, words) => {
    expect(read(attribute)?.foreign).toEqual([words]);
  });

  test('is passed over where nothing readable says what it is for', () => {
    const nlri = [any('IPAddressPrefix', Uint8Array.of(10, 9, 1)), any('OpaqueNLRI', Uint8Array.of())];
    const bad = any('IPAddressPrefix', toBytes(IPAddressPrefix, { prefix: '<nil>', prefixLen: 33 }));
    for (const one of [...nlri, bad]) {
      const path = { nlri: one, pattrs: [], isWithdraw: false, neighborIp: '<nil>' };
      expect(decodeLocalPath({ prefix: '<nil>/33', paths: [path] })).toBeUndefined();
      expect(decodeLocalPath({ prefix: '10.0.0.0/8', paths: [path] })?.prefix).toBe('10.0.0.0/8');
    }
    expect(decodeLocalPath(undefined)).toBeUndefined();
    expect(decodeLocalPath({ prefix: '10.0.0.0/8', paths: [] })).toBeUndefined();
  });
});

describe('a peer', () => {
  test('is sent whole: gobgpd puts defaults of its own in every gap', () => {
    const sent = encodePeer({
      ...PEER,
      families: ['ipv4', 'ipv6'],
      passive: true,
      localAddress: '10.22.108.100',
      password: () => 'between us',
      ttlSecurity: true,
      gracefulRestart: { restartTimeSeconds: 30 },
      bfd: { intervalMs: 300, multiplier: 3 },
    });
    const mpGracefulRestart = { config: { enabled: true } };
    expect(sent).toEqual({
      conf: { neighborAddress: '10.22.108.1', peerAsn: 64500, authPassword: 'between us' },
      timers: { config: { holdTime: 9, keepaliveInterval: 3, connectRetry: 1, idleHoldTimeAfterReset: 5 } },
      transport: { remotePort: 179, passiveMode: true, localAddress: '10.22.108.100' },
      gracefulRestart: { enabled: true, restartTime: 30 },
      afiSafis: [
        { mpGracefulRestart, config: { family: { afi: 1, safi: 1 }, enabled: true } },
        { mpGracefulRestart, config: { family: { afi: 2, safi: 1 }, enabled: true } },
      ],
      ttlSecurity: { enabled: true, ttlMin: 255 },
    });
    expect(encodePeer({ ...PEER, multihopTtl: 5 }).ebgpMultihop).toEqual({ enabled: true, multihopTtl: 5 });
  });

  test('is read with what gobgpd fills in for no address of this end', () => {
    for (const localAddress of ['', '0.0.0.0', '::', '<nil>', 'invalid IP']) {
      const message = { ...encodePeer(PEER), transport: { localAddress, remotePort: 179 } };
      const read = decodePeer(fromBytes(PeerMessage, toBytes(PeerMessage, message)));
      expect(read).toEqual({ ...PEER, state: 'unknown', bfdState: undefined, lastError: undefined });
    }
  });

  test('with parts missing is read without a fault', () => {
    expect(decodePeer(undefined)).toBeUndefined();
    expect(decodePeer({ afiSafis: [] })).toBeUndefined();
    const state = { neighborAddress: '10.22.108.1', peerAsn: 64500, sessionState: 99 };
    expect(decodePeer({ afiSafis: [{}, { config: { enabled: true } }], state })).toMatchObject({
      address: '10.22.108.1',
      as: 64500,
      families: [],
      holdTimeSeconds: 0,
      state: 'unknown',
    });
  });
});

test('policies go over the wire with the numbers of v3', () => {
  const message = fromBytes(SetPoliciesRequest, toBytes(SetPoliciesRequest, encodePolicies(POLICY, NUMBERS)));
  expect(message.definedSets.map(({ definedType }) => definedType)).toEqual([0, 1, 4]);
  const [statement] = message.policies[0]?.statements ?? [];
  expect(statement?.conditions).toMatchObject({
    prefixSet: { type: 0, name: 'owned' },
    neighborSet: { type: 0, name: 'one' },
    communitySet: { type: 0, name: 'less' },
    routeType: 3,
  });
  expect(statement?.actions).toMatchObject({
    routeAction: 1,
    community: { type: 0, communities: ['64512:100'] },
    largeCommunity: { type: 0, communities: ['64512:1:2'] },
    med: { type: 0, value: 50 },
    localPref: { value: 300 },
    asPrepend: { asn: 64512, repeat: 2, useLeftMost: false },
  });
  const assigned = toBytes(PolicyAssignment, encodeAssignment('exports', POLICY.exports, NUMBERS));
  expect(fromBytes(PolicyAssignment, assigned)).toMatchObject({ name: 'global', direction: 2, defaultAction: 2 });
});
