import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ConntrackEntry,
  conntrackHeader,
  decodeEntry,
  DELETE_ENTRY,
  encodeIdentity,
  encodeNarrowing,
  type Endpoint,
  GET_ENTRY,
  type Narrowing,
} from '../../../src/dataplane/conntrack/codec.ts';
import { formatDeletion, isStale, planReadings } from '../../../src/dataplane/conntrack/plan.ts';
import { type Changes, changesAfter, type Clearings, wantedClearings } from '../../../src/dataplane/conntrack/want.ts';
import type { IpvsOperation } from '../../../src/dataplane/ipvs/plan.ts';
import { wantedService } from '../../../src/dataplane/ipvs/want.ts';
import { HEADER_LENGTH, Writer } from '../../../src/dataplane/netlink/codec.ts';
import { formatEndpoint, type VirtualServer, virtualServerKey } from '../../../src/model/virtual-server.ts';

const DNS: Endpoint = { address: '10.99.66.53', port: 53 };
const [ONE, TWO, THREE]: readonly [Endpoint, Endpoint, Endpoint] = [
  { address: '10.1.0.101', port: 5353 },
  { address: '10.1.0.102', port: 5353 },
  { address: '10.1.0.103', port: 5353 },
];
const CLIENT: Endpoint = { address: '10.0.1.2', port: 4000 };

const server = (realServers: readonly Endpoint[], fields: Partial<VirtualServer> = {}): VirtualServer => ({
  protocol: 'udp',
  ...DNS,
  scheduler: 'rr',
  schedulerFlags: [],
  persistenceSeconds: 0,
  realServers: realServers.map((real) => ({ ...real, weight: 1 })),
  ...fields,
});
const table = (...servers: VirtualServer[]): Map<string, VirtualServer> =>
  new Map(servers.map((one) => [virtualServerKey(one), one]));
const entry = (answers: Endpoint, asked = DNS, client = CLIENT): ConntrackEntry => ({
  client,
  asked,
  answers,
  identity: new Map(),
});

/** Operations on a virtual server as it is afterwards, or as it was when it is deleted. */
const operation = (kind: IpvsOperation['kind'], virtualServer: VirtualServer, real?: Endpoint): IpvsOperation => {
  const service = wantedService(virtualServer);
  if (kind === 'add-service' || kind === 'edit-service' || kind === 'delete-service') return { kind, service };
  return { kind, service, destination: { ...(real ?? ONE), weight: 1, forward: 0 } };
};
const lostBy = (...operations: IpvsOperation[]): unknown =>
  [...changesAfter(new Map(), operations).values()].map(({ lost }) =>
    lost === 'all' ? lost : lost.map((one) => formatEndpoint(one)),
  );

describe('what a change of the IPVS table means for conntrack', () => {
  test.each<[string, IpvsOperation[], unknown]>([
    [
      'any entry of a new virtual server may be one of a refusal',
      [operation('add-service', server([ONE])), operation('add-destination', server([ONE]), ONE)],
      ['all'],
    ],
    [
      'so may any of one that had no real server',
      [operation('add-destination', server([ONE, TWO]), ONE), operation('add-destination', server([ONE, TWO]), TWO)],
      ['all'],
    ],
    ['one more real server leaves every entry right', [operation('add-destination', server([ONE, TWO]), TWO)], []],
    ['a new weight leaves every entry right', [operation('edit-destination', server([ONE]), ONE)], []],
    ['a new scheduler leaves every entry right', [operation('edit-service', server([ONE]))], []],
    [
      'a lost real server concerns the entries that name it',
      [operation('delete-destination', server([TWO]), ONE), operation('delete-destination', server([TWO]), THREE)],
      [['10.1.0.101:5353', '10.1.0.103:5353']],
    ],
    [
      'where the only real server is replaced, any entry may be wrong',
      [operation('add-destination', server([TWO]), TWO), operation('delete-destination', server([TWO]), ONE)],
      ['all'],
    ],
    ['no entry of a deleted virtual server stays', [operation('delete-service', server([ONE]))], ['all']],
    [
      'TCP and SCTP connections are entries of their own, and nothing has to be done',
      [
        operation('delete-destination', server([TWO], { protocol: 'tcp' }), ONE),
        operation('delete-service', server([ONE], { protocol: 'sctp' })),
      ],
      [],
    ],
  ])('%s', (_, operations, expected) => {
    expect(lostBy(...operations)).toStrictEqual(expected);
  });

  test('without an operation on a UDP virtual server the changes are those there were', () => {
    const before: Changes = new Map();
    expect(changesAfter(before, [operation('delete-service', server([ONE], { protocol: 'tcp' }))])).toBe(before);
  });

  test('what was left to do stays, and joins what is new', () => {
    const first = changesAfter(new Map(), [operation('delete-destination', server([TWO, THREE]), ONE)]);
    const second = changesAfter(first, [operation('delete-destination', server([THREE]), TWO)]);
    expect([...second.values()].map(({ lost }) => lost)).toMatchObject([[ONE, TWO]]);
    const third = changesAfter(second, [operation('delete-service', server([THREE]))]);
    expect([...third.values()].map(({ lost }) => lost)).toStrictEqual(['all']);
  });
});

const clearingsOf = (virtualServers: Map<string, VirtualServer>, ...operations: IpvsOperation[]): Clearings =>
  wantedClearings(changesAfter(new Map(), operations), virtualServers);

describe('an entry', () => {
  const lost = clearingsOf(table(server([TWO])), operation('delete-destination', server([TWO]), ONE));
  const gone = clearingsOf(new Map(), operation('delete-service', server([ONE])));

  test.each<[string, ConntrackEntry, Clearings, boolean]>([
    ['whose answers this node itself refused is stale', entry(DNS), lost, true],
    ['of a real server that is gone is stale', entry(ONE), lost, true],
    ['of a real server that stays is not', entry(TWO), lost, false],
    ['of another virtual server is not', entry(ONE, { ...DNS, address: '10.99.66.54' }), lost, false],
    ['of another port of the address is not', entry(ONE, { ...DNS, port: 54 }), lost, false],
    ['of a virtual server that is gone is stale, whoever answers', entry(ONE), gone, true],
    ['of a port of the real server that is not served any more is stale', entry({ ...TWO, port: 9 }), lost, true],
  ])('%s', (_, one, clearings, expected) => {
    expect(isStale(one, clearings)).toBe(expected);
  });

  test('reads in a log as what happens to it', () => {
    expect(formatDeletion(entry(ONE))).toBe('delete-entry udp/10.99.66.53:53 10.1.0.101:5353 client 10.0.1.2:4000');
  });
});

describe('what is read', () => {
  test('is narrowed to the real servers that were lost', () => {
    const clearings = clearingsOf(
      table(server([TWO])),
      operation('delete-destination', server([TWO]), ONE),
      operation('delete-destination', server([TWO]), THREE),
    );
    expect(planReadings([...clearings.values()])).toMatchObject([
      { asked: DNS, answers: ONE },
      { asked: DNS, answers: THREE },
    ]);
  });

  test('is all of a virtual server where any entry may be stale', () => {
    const clearings = clearingsOf(table(server([ONE])), operation('add-destination', server([ONE]), ONE));
    expect(planReadings([...clearings.values()])).toMatchObject([{ asked: DNS }]);
  });

  test('is everything at once where there is much to read', () => {
    const many = Array.from({ length: 9 }, (_, n) => server([ONE], { address: `10.99.66.${n + 1}` }));
    const clearings = clearingsOf(table(...many), ...many.map((one) => operation('delete-service', one)));
    expect(planReadings([...clearings.values()])).toStrictEqual([{}]);
  });
});

const endpoints = fc.constantFrom(DNS, ONE, TWO, THREE);

test('property: what is read shows every stale entry, and no entry of a real server that stays is stale', () => {
  const sets = fc.uniqueArray(fc.constantFrom(ONE, TWO, THREE), { minLength: 1 });
  fc.assert(
    fc.property(sets, sets, fc.array(endpoints), (before, after, answers) => {
      const now = server(after);
      const operations = [
        ...after.filter((one) => !before.includes(one)).map((one) => operation('add-destination', now, one)),
        ...before.filter((one) => !after.includes(one)).map((one) => operation('delete-destination', now, one)),
      ];
      const clearings = clearingsOf(table(now), ...operations);
      const readings = planReadings([...clearings.values()]);
      const isRead = (one: Endpoint): boolean =>
        readings.some(({ answers: narrowed }) => narrowed === undefined || same(narrowed, one));
      // Before the change the virtual server was served: only its real servers can stand in an entry.
      const held = answers.filter((one) => before.includes(one));
      expect(held.filter((one) => isStale(entry(one), clearings) && isRead(one))).toStrictEqual(
        held.filter((one) => !after.includes(one)),
      );
    }),
  );
});

const same = (a: Endpoint, b: Endpoint): boolean => formatEndpoint(a) === formatEndpoint(b);

const written = (write: (writer: Writer) => void): string => {
  const writer = new Writer();
  writer.begin(GET_ENTRY, 0, 1, conntrackHeader('ipv4'));
  write(writer);
  writer.finish();
  return writer.bytes.subarray(HEADER_LENGTH + 4).toString('hex');
};
const narrowing = (one: Narrowing): string => written((writer) => encodeNarrowing(one, writer));

describe('the bytes, by the numbers of include/uapi/linux/netfilter/nfnetlink_conntrack.h', () => {
  test('messages are of subsystem 1 and name the family', () => {
    expect([GET_ENTRY, DELETE_ENTRY]).toStrictEqual([0x101, 0x102]);
    expect(Buffer.from(conntrackHeader('ipv6')).toString('hex')).toBe('0a000000');
  });

  test('IPv4 is narrowed to an address and a port on both sides', () => {
    expect(narrowing({ asked: DNS, answers: ONE })).toBe(
      [
        '24000180', // CTA_TUPLE_ORIG
        '0c000180',
        '080002000a634235', // CTA_TUPLE_IP: CTA_IP_V4_DST
        '14000280',
        '0500010011000000',
        '0600030000350000', // CTA_TUPLE_PROTO: NUM 17, DST_PORT 53
        '24000280', // CTA_TUPLE_REPLY
        '0c000180',
        '080001000a010065', // CTA_IP_V4_SRC
        '14000280',
        '0500010011000000',
        '0600020014e90000', // SRC_PORT 5353
        '14001980', // CTA_FILTER
        '080001002a000000',
        '0800020019000000', // NUM, IP_DST, PROTO_DST_PORT; NUM, IP_SRC, PROTO_SRC_PORT
      ].join(''),
    );
  });

  test('IPv6 is narrowed by ports alone', () => {
    expect(narrowing({ asked: { address: 'fd99:66::a', port: 53 } })).toBe(
      [
        '18000180',
        '14000280',
        '0500010011000000',
        '0600030000350000',
        '10000280',
        '0c000280',
        '0500010011000000',
        '14001980',
        '0800010028000000',
        '0800020008000000',
      ].join(''),
    );
  });

  test('everything is all of UDP', () => {
    expect(narrowing({})).toBe(
      [
        '10000180',
        '0c000280',
        '0500010011000000',
        '10000280',
        '0c000280',
        '0500010011000000',
        '14001980',
        '0800010008000000',
        '0800020008000000',
      ].join(''),
    );
  });
});

// As Linux 6.18 sent them: a refused client over IPv4, a client that was led to 10.99.67.101, a refused one over IPv6.
const REFUSED =
  '020000003400018014000180080001000a634201080002000a63420a1c0002800500010011000000060002009c41000006000300003500003400028014000180080001000a63420a080002000a6342011c00028005000100110000000600020000350000060003009c4100000800030000000188080008000000000008000c00ffdaff9408000b0000000001080007000000001d';
const LED =
  '020000003400018014000180080001000a634201080002000a63420a1c0002800500010011000000060002009ca5000006000300003500003400028014000180080001000a634365080002000a6342011c00028005000100110000000600020014e90000060003009ca5000008000300000001a8080008000000000008000c0084947dfc08000b0000000001080007000000001d';
const IPV6 =
  '0a0000004c0001802c00018014000300fd99006600000000000000000000000114000400fd99006600000000000000000000000a1c0002800500010011000000060002009c41000006000300003500004c0002802c00018014000300fd99006600000000000000000000000a14000400fd9900660000000000000000000000011c00028005000100110000000600020000350000060003009c4100000800030000000188080008000000000008000c00ee8e99fa08000b0000000001080007000000001d';

const read = (hex: string): string | undefined => {
  const found = decodeEntry(Buffer.from(hex, 'hex'));
  return found && formatDeletion(found);
};

describe('an entry as the kernel sent it', () => {
  test.each([
    [REFUSED, 'delete-entry udp/10.99.66.10:53 10.99.66.10:53 client 10.99.66.1:40001'],
    [LED, 'delete-entry udp/10.99.66.10:53 10.99.67.101:5353 client 10.99.66.1:40101'],
    [IPV6, 'delete-entry udp/[fd99:66::a]:53 [fd99:66::a]:53 client [fd99:66::1]:40001'],
  ])('is read', (hex, expected) => {
    expect(read(hex)).toBe(expected);
  });

  test('is named for its deletion by its own tuple, number and zone', () => {
    const zone = '0600120000070000';
    const found = decodeEntry(Buffer.from(REFUSED + zone, 'hex'));
    // CTA_TUPLE_ORIG as it came, CTA_ID 0xffdaff94, CTA_ZONE 7.
    expect(found && written((writer) => encodeIdentity(found, writer))).toBe(
      REFUSED.slice(8, 8 + 0x34 * 2) + '08000c00ffdaff94' + zone,
    );
  });

  test('of another protocol, or cut off, is none', () => {
    expect(read(REFUSED.replaceAll('0500010011000000', '0500010006000000'))).toBeUndefined();
    const cut = Array.from({ length: 96 }, (_, bytes) => REFUSED.slice(0, 8 + bytes * 2));
    expect(cut.map(read)).toStrictEqual(cut.map(() => undefined));
  });
});
