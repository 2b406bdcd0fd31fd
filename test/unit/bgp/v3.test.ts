import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AddPathRequest,
  AsPathAttribute,
  AsSegment_Type,
  DeletePathRequest,
  fromBytes,
  type Init,
  ListPathResponse,
  type Path as PathMessage,
  Peer as PeerMessage,
  PolicyAssignment,
  SetPoliciesRequest,
  toBytes,
} from '../../../src/bgp/gen/gobgp-v3.ts';
import type { GobgpApi } from '../../../src/bgp/gobgp.ts';
import { samePolicies, wantedPolicies } from '../../../src/bgp/policy.ts';
import { decodeGlobal, decodeLocalPath, decodePeer } from '../../../src/bgp/v3/decode.ts';
import { encodePath, encodePeer, encodeWithdrawal, TYPE_URL } from '../../../src/bgp/v3/encode.ts';
import { CHAINS, decodePolicies, encodeAssignment, encodePolicies } from '../../../src/bgp/v3/policies.ts';
import { type Family, formatAddress, parsePrefix } from '../../../src/model/address.ts';

const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(formatAddress);
const prefix = fc
  .tuple(ipv4, fc.integer({ min: 0, max: 32 }))
  .map(([address, length]) => parsePrefix(`${address}/${length}`) ?? '0.0.0.0/0');
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(formatAddress);
const prefix6 = fc
  .tuple(ipv6, fc.integer({ min: 0, max: 128 }))
  .map(([address, length]) => parsePrefix(`${address}/${length}`) ?? '::/0');
const half = fc.integer({ min: 0, max: 65535 });
const community = fc.tuple(half, half).map(([as, value]) => `${as}:${value}`);
const uint32 = fc.integer({ min: 0, max: 0xff_ff_ff_ff });
const attributes = {
  communities: fc.array(community, { maxLength: 5 }),
  med: fc.option(uint32, { nil: undefined }),
  asPath: fc.array(uint32, { maxLength: 5 }),
};
const path = fc.oneof(
  fc.record({ prefix, ...attributes }),
  fc.record({ prefix: prefix6, nextHop: ipv6, ...attributes }),
);

/** What gobgpd gives back for a path, over the wire. */
function listed(message: Init<PathMessage>, neighborIp = '<nil>') {
  const { destination } = fromBytes(
    ListPathResponse,
    toBytes(ListPathResponse, { destination: { prefix: '', paths: [{ ...message, neighborIp }] } }),
  );
  return decodeLocalPath(destination);
}

describe('a path', () => {
  test('reads back as it was sent, with nothing foreign about it', () => {
    fc.assert(
      fc.property(path, (sent) => {
        expect(listed(encodePath(sent))).toEqual({ ...sent, foreign: [] });
      }),
    );
  });

  test('goes over the wire as GoBGP lays it out', () => {
    const bytes = toBytes(AddPathRequest, {
      path: encodePath({ prefix: '10.99.66.0/23', asPath: [64512], communities: ['65535:0'], med: 50 }),
    });
    expect(Buffer.from(bytes).toString('latin1')).toContain(
      'type.googleapis.com/apipb.IPAddressPrefix\x12\x0e\x08\x17',
    );
    expect(Buffer.from(bytes).toString('hex')).toContain('0a058080fcff0f');
    // One segment of the AsPathAttribute: AS_SEQUENCE, then the numbers packed.
    expect(Buffer.from(bytes).toString('hex')).toContain('0a070802120380f803');
  });

  test.each(['10.0.0.0/33', '10.0.0.1/24', 'fd99::/129', 'fd99::1/64', '', '<nil>/33'])(
    'for %j is never sent',
    (bad) => {
      const made = { prefix: bad, nextHop: 'fd00::1', asPath: [], communities: [], med: undefined };
      expect(() => encodePath(made)).toThrow(/expected a canonical prefix, got/);
      expect(() => encodeWithdrawal(bad)).toThrow(/expected a canonical prefix, got/);
    },
  );

  test('of IPv6 is never sent without its next hop: gobgpd would fill in an IPv4 address', () => {
    const made = { prefix: 'fd99:66::/112', asPath: [], communities: [], med: undefined };
    expect(() => encodePath(made)).toThrow(/expected an IPv6 next hop for fd99:66::\/112, got none/);
  });

  test('is withdrawn by a request that always holds its prefix: without one gobgpd deletes every path', () => {
    fc.assert(
      fc.property(fc.oneof(prefix, prefix6), (gone) => {
        const sent = fromBytes(DeletePathRequest, toBytes(DeletePathRequest, { path: encodeWithdrawal(gone) }));
        expect(sent.path?.isWithdraw).toBe(true);
        expect(sent.path?.nlri?.value.length).toBeGreaterThan(0);
        expect(listed(sent.path ?? {})?.prefix).toBe(gone);
      }),
    );
  });

  test('of somebody else shows what is foreign about it', () => {
    const sent = encodePath({ prefix: '10.0.0.0/8', asPath: [], communities: [], med: undefined });
    const other = { typeUrl: `${TYPE_URL}LocalPrefAttribute`, value: Uint8Array.of(8, 100) };
    expect(listed({ ...sent, pattrs: [...(sent.pattrs ?? []), other] })?.foreign).toEqual([other.typeUrl]);
  });

  test('with an AS_SET, which we never send, is foreign', () => {
    const sent = encodePath({ prefix: '10.0.0.0/8', asPath: [], communities: [], med: undefined });
    const segments = [{ type: AsSegment_Type.AS_SET, numbers: [64512] }];
    const set = { typeUrl: `${TYPE_URL}AsPathAttribute`, value: toBytes(AsPathAttribute, { segments }) };
    expect(listed({ ...sent, pattrs: [...(sent.pattrs ?? []), set] })?.foreign).toEqual(['AS path with a set']);
  });

  test('that came from a peer is none of ours', () => {
    const sent = encodePath({ prefix: '10.0.0.0/8', asPath: [], communities: [], med: undefined });
    expect(listed(sent, '10.22.108.1')).toBeUndefined();
  });

  test('that gobgpd cannot write itself is passed over', () => {
    const destination = { prefix: '<nil>/33', paths: [{ neighborIp: '<nil>', pattrs: [], isWithdraw: false }] };
    expect(decodeLocalPath(destination)).toBeUndefined();
    expect(decodeLocalPath(undefined)).toBeUndefined();
    expect(decodeLocalPath({ prefix: '10.0.0.0/8', paths: [] })).toBeUndefined();
  });
});

describe('a peer', () => {
  const peer = { address: '10.22.108.1', as: 4200000000, holdTimeSeconds: 10, port: 1790, families: ['ipv4'] } as const;
  const sent = encodePeer(peer);

  test('is sent whole: gobgpd puts defaults of its own in every gap', () => {
    expect(sent).toEqual({
      conf: { neighborAddress: '10.22.108.1', peerAsn: 4200000000 },
      timers: { config: { holdTime: 10, keepaliveInterval: 3, connectRetry: 1, idleHoldTimeAfterReset: 5 } },
      transport: { remotePort: 1790 },
      afiSafis: [{ config: { family: { afi: 1, safi: 1 }, enabled: true } }],
    });
  });

  test.each<Family[][]>([[['ipv4']], [['ipv6']], [['ipv4', 'ipv6']]])('that carries %j reads back so', (families) => {
    const message = fromBytes(PeerMessage, toBytes(PeerMessage, encodePeer({ ...peer, families })));
    expect(decodePeer(message)).toEqual({ ...peer, families, state: 'unknown' });
  });

  test.each([
    [undefined, undefined],
    [{ afiSafis: [] }, undefined],
    [
      { afiSafis: [], conf: { neighborAddress: '<nil>', peerAsn: 0 } },
      { address: '<nil>', as: 0, holdTimeSeconds: 0, port: 0, families: [], state: 'unknown' },
    ],
  ])('with missing parts is read without a fault: %o', (message: PeerMessage | undefined, read) => {
    expect(decodePeer(message)).toEqual(read);
  });

  test('in a state of a later version is in an unknown one', () => {
    const state = { neighborAddress: '10.22.108.1', peerAsn: 64500, sessionState: 99 as 6 };
    expect(decodePeer({ afiSafis: [], state })).toMatchObject({ address: '10.22.108.1', state: 'unknown' });
  });
});

test('a gobgpd that has not been started has no global part', () => {
  expect(decodeGlobal(undefined)).toBeUndefined();
  expect(decodeGlobal({ asn: 0, routerId: 'invalid IP', listenPort: 0, listenAddresses: [] })).toBeUndefined();
});

/** What a gobgpd that was sent these policies reads back as. */
function readBack(ranges: readonly string[]): Awaited<ReturnType<GobgpApi['policies']>> {
  const policies = wantedPolicies(ranges);
  const sets = fromBytes(SetPoliciesRequest, toBytes(SetPoliciesRequest, encodePolicies(policies)));
  const [exports, imports] = CHAINS.map((chain) => {
    const bytes = toBytes(PolicyAssignment, encodeAssignment(chain, policies[chain]));
    const assignment = fromBytes(PolicyAssignment, bytes);
    const named = assignment.policies.flatMap(({ name }) => sets.policies.filter((policy) => policy.name === name));
    return { ...assignment, policies: named };
  });
  return decodePolicies(sets.definedSets, { exports, imports });
}

describe('the policies', () => {
  test('read back as they were sent', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.oneof(prefix, prefix6)), (ranges) =>
        samePolicies(readBack(ranges), wantedPolicies(ranges)),
      ),
    );
  });

  test('let out only our own paths for exactly the ranges, and let in only our own', () => {
    expect(wantedPolicies(['10.99.66.0/23'])).toEqual({
      ranges: ['10.99.66.0/23'],
      exports: {
        statements: [{ prefixes: 'in fairlead-ranges', neighbors: undefined, routeType: 'local', action: 'accept' }],
        otherwise: 'reject',
      },
      imports: {
        statements: [{ prefixes: undefined, neighbors: undefined, routeType: 'local', action: 'accept' }],
        otherwise: 'reject',
      },
    });
  });

  test('name the ranges of each family in a set of its own: gobgpd mixes none', () => {
    const { definedSets } = encodePolicies(wantedPolicies(['fd99:66::/112', '10.99.66.0/23']));
    expect(definedSets?.map(({ name, prefixes }) => [name, prefixes?.map(({ ipPrefix }) => ipPrefix)])).toEqual([
      ['fairlead-ranges', ['10.99.66.0/23']],
      ['fairlead-ranges-ipv6', ['fd99:66::/112']],
    ]);
    const { statements } = wantedPolicies(['fd99:66::/112']).exports;
    expect(statements.map(({ prefixes }) => prefixes)).toEqual(['in fairlead-ranges-ipv6']);
  });

  test('without a range let nothing out', () => {
    expect(wantedPolicies([]).exports).toEqual({ statements: [], otherwise: 'reject' });
  });

  test('that match more than a range, or the other way round, are not the same', () => {
    const wanted = wantedPolicies(['10.99.66.0/23']);
    const set = encodePolicies(wanted).definedSets ?? [];
    const wide = {
      definedType: 0 as const,
      name: 'fairlead-ranges',
      prefixes: [{ ipPrefix: '10.99.66.0/23', maskLengthMin: 23, maskLengthMax: 32 }],
    };
    expect(set).toHaveLength(1);
    expect(decodePolicies([wide], { exports: undefined, imports: undefined }).ranges).toEqual(['10.99.66.0/23 23..32']);
    const inverted = {
      ...wanted,
      exports: {
        ...wanted.exports,
        statements: wanted.exports.statements.map((one) =>
          Object.assign({}, one, { prefixes: 'match 2 of fairlead-ranges' }),
        ),
      },
    };
    expect(samePolicies(wanted, inverted)).toBe(false);
  });

  test('that gobgpd says nothing of are none', () => {
    expect(decodePolicies([undefined], { exports: undefined, imports: undefined })).toEqual({
      ranges: [],
      exports: { statements: [], otherwise: 'none' },
      imports: { statements: [], otherwise: 'none' },
    });
  });
});
