import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Edits, LocalPath, Neighbor, Policies, Statement } from '../../../src/bgp/gobgp.ts';
import * as gen3 from '../../../src/bgp/gen/gobgp-v3.ts';
import * as gen4 from '../../../src/bgp/gen/gobgp-v4.ts';
import { decodeGlobal } from '../../../src/bgp/messages/global.ts';
import { UNICAST } from '../../../src/bgp/messages/peer-settings.ts';
import { samePolicies } from '../../../src/bgp/policy.ts';
import { formatAddress, parsePrefix } from '../../../src/model/address.ts';
import { NOTHING, PEER, POLICY } from './sample.ts';
import { WIRES } from './wire.ts';

const uint = (max: number) => fc.integer({ min: 0, max });
const [uint16, uint32] = [uint(0xff_ff), uint(0xff_ff_ff_ff)];
const address = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(formatAddress);
const address6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(formatAddress);
const prefix = fc.tuple(address, uint(32)).map(([at, length]) => parsePrefix(`${at}/${length}`) ?? '0.0.0.0/0');
const prefix6 = fc.tuple(address6, uint(128)).map(([at, length]) => parsePrefix(`${at}/${length}`) ?? '::/0');
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const communities = fc.array(
  fc.tuple(uint16, uint16).map((parts) => parts.join(':')),
  { maxLength: 5 },
);
const largeCommunities = fc.array(
  fc.tuple(uint32, uint32, uint32).map((parts) => parts.join(':')),
  { maxLength: 5 },
);
const bandwidth = fc.float({ min: 0, noNaN: true, noDefaultInfinity: true });
const attributes = {
  asPath: fc.array(uint32, { maxLength: 5 }),
  communities,
  largeCommunities,
  med: maybe(uint32),
  localPref: maybe(uint32),
  linkBandwidth: maybe(fc.record({ as: uint16, bytesPerSecond: bandwidth })),
};
const path: fc.Arbitrary<LocalPath> = fc.oneof(
  // 0.0.0.0 stands for this end of the session.
  fc.record({ prefix, nextHop: maybe(address.filter((text) => text !== '0.0.0.0')), ...attributes }),
  fc.record({ prefix: prefix6, nextHop: address6, ...attributes }),
);

const peer: fc.Arbitrary<Neighbor> = fc.record(
  {
    address: fc.oneof(address, address6),
    as: fc.integer({ min: 1, max: 0xff_ff_ff_ff }),
    port: uint16,
    families: fc.constantFrom(['ipv4'] as const, ['ipv6'] as const, ['ipv4', 'ipv6'] as const),
    holdTimeSeconds: uint16,
    keepaliveSeconds: uint16,
    connectRetrySeconds: uint16,
    passive: fc.boolean(),
    ttlSecurity: fc.boolean(),
    localAddress: fc.oneof(address, address6).filter((text) => text !== '0.0.0.0' && text !== '::'),
    multihopTtl: fc.integer({ min: 1, max: 255 }),
    gracefulRestart: fc.record({ restartTimeSeconds: uint(4095) }),
  },
  {
    requiredKeys: [
      'address',
      'as',
      'port',
      'families',
      'holdTimeSeconds',
      'keepaliveSeconds',
      'connectRetrySeconds',
      'passive',
      'ttlSecurity',
    ],
  },
);

const edits: fc.Arbitrary<Edits> = fc.record({
  communities,
  largeCommunities,
  addMed: maybe(fc.integer({ min: 1, max: 0xff_ff_ff_ff })),
  localPref: maybe(fc.integer({ min: 1, max: 0xff_ff_ff_ff })),
  prepend: maybe(fc.record({ as: uint32, times: fc.integer({ min: 1, max: 255 }) })),
  foreign: fc.constant([]),
});
const SETS: Policies['sets'] = [
  { kind: 'prefix', name: 'owned', members: ['10.99.66.0/23 23..23', '10.99.0.0/16 32..32'] },
  { kind: 'prefix', name: 'owned-ipv6', members: ['fd99:66::/112 112..112'] },
  { kind: 'neighbor', name: 'one', members: ['10.22.108.1/32', 'fd22::1/128'] },
  { kind: 'community', name: 'less', members: ['^65535:0$'] },
];
const statement: fc.Arbitrary<Statement> = fc.record({
  prefixes: fc.constantFrom('in owned', 'in owned-ipv6', undefined),
  neighbors: fc.constantFrom('in one', undefined),
  communities: fc.constantFrom('in less', undefined),
  routeType: fc.constantFrom('any', 'internal', 'external', 'local'),
  edits,
  action: fc.constantFrom('none', 'accept', 'reject'),
});
const chain = fc.record({
  statements: fc.array(statement, { maxLength: 4 }),
  otherwise: fc.constantFrom('none' as const, 'accept' as const, 'reject' as const),
});

const policies: fc.Arbitrary<Policies> = fc.record({ sets: fc.constant(SETS), exports: chain, imports: chain });

/** Bytes of a message with some of them changed, or cut off. */
const broken = (bytes: Uint8Array) =>
  fc
    .tuple(fc.array(fc.tuple(uint(bytes.length - 1), uint(255)), { minLength: 1, maxLength: 4 }), uint(bytes.length))
    .map(([changes, length]) => {
      const copy = Uint8Array.from(bytes);
      for (const [at, byte] of changes) copy[at] = byte;
      return copy.subarray(0, length);
    });

describe.each(Object.entries(WIRES))('of the %s API', (version, wire) => {
  const [OWN, ...OWN_TOO] = ['<nil>', '', 'invalid IP'];

  test('a path reads back as it was sent, with nothing foreign about it', () => {
    fc.assert(
      fc.property(path, (sent) => {
        expect(wire.open(wire.listed(sent, OWN))().own).toEqual({ ...sent, foreign: [] });
      }),
    );
  });

  test('a path is ours or of a peer by its neighbour alone', () => {
    for (const neighbor of OWN_TOO) expect(wire.open(wire.listed(NOTHING, neighbor))()).toMatchObject({ accepted: [] });
    const read = wire.open(wire.listed({ ...NOTHING, prefix: '0.0.0.0/0' }, '10.22.108.1'))();
    expect(read).toEqual({
      own: undefined,
      accepted: [{ prefix: '0.0.0.0/0', from: '10.22.108.1' }],
      prefix: '0.0.0.0/0',
    });
  });

  test.each(['10.0.0.0/33', '10.0.0.1/24', 'fd99::/129', 'fd99::1/64', '', '<nil>/33'])(
    'a path for %j is never sent',
    (bad) => {
      const made = { ...NOTHING, prefix: bad, nextHop: bad.includes(':') ? 'fd00::1' : undefined };
      expect(() => wire.listed(made, OWN)).toThrow(/expected a canonical prefix, got/);
      expect(() => wire.withdrawn(bad)).toThrow(/expected a canonical prefix, got/);
    },
  );

  test.each([
    ['fd99:66::/112', undefined, 'expected an IPv6 next hop for fd99:66::/112, got none'],
    ['fd99:66::/112', '10.22.108.100', 'expected an IPv6 next hop for fd99:66::/112, got 10.22.108.100'],
    ['10.99.66.0/23', 'fd22::100', 'expected an IPv4 next hop for 10.99.66.0/23, got fd22::100'],
  ])('a path for %s is never sent with the next hop %s', (to, nextHop, words) => {
    expect(() => wire.listed({ ...NOTHING, prefix: to, nextHop }, OWN)).toThrow(words);
  });

  test.each([
    { communities: ['64512:65536'] },
    { communities: ['64512'] },
    { communities: ['no-export'] },
    { communities: ['64512:1:2'] },
    { largeCommunities: ['64512:1'] },
    { largeCommunities: ['64512:1:4294967296'] },
    { largeCommunities: ['64512:-1:2'] },
  ])('a path with %j is never sent', (bad) => {
    expect(() => wire.listed({ ...NOTHING, ...bad }, OWN)).toThrow(/expected a (large )?community as /);
  });

  test('a withdrawal always names its prefix: without one gobgpd deletes every path', () => {
    fc.assert(
      fc.property(fc.oneof(prefix, prefix6), (gone) => {
        expect(wire.withdrawn(gone)).toEqual({ isWithdraw: true, hasNlri: true });
      }),
    );
  });

  test('a peer reads back as it was sent', () => {
    fc.assert(
      fc.property(peer, (sent) => {
        const none = { state: 'unknown', bfdState: undefined, lastError: undefined };
        expect(wire.openPeer(wire.peerBytes(sent))()).toEqual({ ...sent, ...none });
      }),
    );
  });

  test('a password reads back as it was sent, and in no text of the peer', () => {
    const read = wire.openPeer(wire.peerBytes({ ...PEER, password: () => 'between us' }))();
    expect(read?.password?.()).toBe('between us');
    expect(JSON.stringify(read)).not.toContain('between us');
  });

  test('BFD is sent and read where the API has it', () => {
    const bfd = { intervalMs: 300, multiplier: 3 };
    const read = wire.openPeer(wire.peerBytes({ ...PEER, bfd }))();
    expect(read).toMatchObject(version === 'v4' ? { bfd, bfdState: 'down' } : { bfdState: undefined });
    expect(read && 'bfd' in read).toBe(version === 'v4');
  });

  test('policies read back as they were set', () => {
    fc.assert(
      fc.property(policies, (sent) => {
        const read = wire.policies(sent);
        expect({ ...read, sets: [] }).toEqual({ ...sent, sets: [] });
        expect(samePolicies({ ...sent, sets: read.sets }, read)).toBe(true);
      }),
    );
  });

  test('sets read back where a statement refers to them', () => {
    expect(wire.policies({ ...POLICY, sets: SETS }).sets).toEqual(SETS.filter(({ name }) => name !== 'owned-ipv6'));
  });

  test.each(['10.99.66.0/23', '10.99.66.1/23 23..23', ' 1..2', '10.99.66.0/23 23'])(
    'a member %j of a set of prefixes is never sent',
    (member) => {
      const none = { statements: [], otherwise: 'reject' } as const;
      const sets = [{ kind: 'prefix', name: 'owned', members: [member] }] as const;
      expect(() => wire.policies({ sets, exports: none, imports: none })).toThrow(/expected a prefix and lengths, got/);
    },
  );

  test('an answer that makes no sense is refused by its codec, or decoded without a fault', () => {
    const answers = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      path.chain((sent) => broken(wire.listed(sent, OWN))),
      peer.chain((sent) => broken(wire.peerBytes(sent))),
    );
    fc.assert(
      fc.property(answers, (bytes) => {
        decoded(() => wire.open(bytes));
        decoded(() => wire.openPeer(bytes));
      }),
      { numRuns: 1000 },
    );
  });
});

/** What reading bytes comes to once their codec has let them through, whose errors the connection tells of. */
function decoded(open: () => () => unknown): unknown {
  let decode;
  try {
    decode = open();
  } catch {
    return undefined;
  }
  return decode();
}

test('a gobgpd that has not been started has no global part', () => {
  expect(decodeGlobal(undefined)).toBeUndefined();
  expect(decodeGlobal({ asn: 0, routerId: 'invalid IP', listenPort: 0, listenAddresses: [] })).toBeUndefined();
});

test('what both versions are told in the same numbers has the same numbers in both', () => {
  for (const { AsSegment_Type, Family_Afi, Family_Safi } of [gen3, gen4]) {
    const safi = Family_Safi.SAFI_UNICAST;
    expect(UNICAST).toEqual({ ipv4: { afi: Family_Afi.AFI_IP, safi }, ipv6: { afi: Family_Afi.AFI_IP6, safi } });
    expect(Object.values(AsSegment_Type)).toEqual([0, 1, 2]);
  }
});
