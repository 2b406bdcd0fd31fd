import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  commandOf,
  decodeDestination,
  decodeService,
  encodeOperation,
  encodeService,
} from '../../../src/dataplane/ipvs/codec.ts';
import { formatOperation, type IpvsOperation, type IpvsTable, subjectOf } from '../../../src/dataplane/ipvs/plan.ts';
import { type IpvsDestination, type IpvsService, wantedService } from '../../../src/dataplane/ipvs/want.ts';
import { HEADER_LENGTH, readMessages, Writer } from '../../../src/dataplane/netlink/codec.ts';
import { formatEndpoint, virtualServerKey } from '../../../src/model/virtual-server.ts';
import { KernelIpvs, planTable } from './kernel-ipvs.ts';

const destination = (address: string, fields: Partial<IpvsDestination> = {}): IpvsDestination => ({
  address,
  port: 8080,
  weight: 1,
  forward: 0,
  ...fields,
});

const service = (destinations: readonly IpvsDestination[], fields: Partial<IpvsService> = {}): IpvsService => ({
  protocol: 'tcp',
  address: '10.99.66.10',
  port: 80,
  scheduler: 'rr',
  flags: 0,
  timeout: 0,
  destinations: new Map(destinations.map((one) => [formatEndpoint(one), one])),
  ...fields,
});

const tableOf = (...services: IpvsService[]): IpvsTable => new Map(services.map((one) => [virtualServerKey(one), one]));

const POD = destination('10.1.0.101');
const OTHER = destination('10.1.0.102');

describe('what is wanted', () => {
  const SERVER = {
    protocol: 'udp',
    address: '10.99.66.53',
    port: 53,
    scheduler: 'wrr',
    schedulerFlags: [],
    persistenceSeconds: 0,
    realServers: [{ address: '10.1.0.101', port: 5353, weight: 2 }],
  } as const;

  test('a virtual server becomes a service whose destinations are masqueraded', () => {
    expect(wantedService(SERVER)).toStrictEqual(
      service([destination('10.1.0.101', { port: 5353, weight: 2 })], {
        protocol: 'udp',
        address: '10.99.66.53',
        port: 53,
        scheduler: 'wrr',
      }),
    );
  });

  test('affinity becomes the flag for persistence and its timeout', () => {
    expect(wantedService({ ...SERVER, persistenceSeconds: 10_800 })).toMatchObject({ flags: 1, timeout: 10_800 });
    expect(wantedService({ ...SERVER, scheduler: 'mh', schedulerFlags: ['fallback', 'port'] }).flags).toBe(0x18);
  });
});

/** The bytes of the attributes of one operation, as one message without its header. */
function encoded(write: (writer: Writer) => void): Buffer {
  const writer = new Writer();
  writer.begin(0, 0, 0, new Uint8Array(0));
  write(writer);
  writer.finish();
  return writer.bytes.subarray(HEADER_LENGTH);
}

const hex = (lines: readonly string[]): string => lines.join('').replaceAll(' ', '');

describe('the bytes of a message, by the numbers of include/uapi/linux/ip_vs.h', () => {
  /** IPVS_CMD_ATTR_SERVICE with family, protocol, address and port. */
  const IDENTITY = [
    '06000100 0200 0000', // IPVS_SVC_ATTR_AF: AF_INET
    '06000200 0600 0000', // IPVS_SVC_ATTR_PROTOCOL: IPPROTO_TCP
    '14000300 0a63420a 000000000000000000000000', // IPVS_SVC_ATTR_ADDR: union nf_inet_addr
    '06000400 0050 0000', // IPVS_SVC_ATTR_PORT, network order
  ];
  const SETTINGS = [
    '07000600 727200 00', // IPVS_SVC_ATTR_SCHED_NAME: "rr"
    '0c000700 01000000 ffffffff', // IPVS_SVC_ATTR_FLAGS: persistent; all flags are meant
    '08000800 302a0000', // IPVS_SVC_ATTR_TIMEOUT: 10800
    '08000900 ffffffff', // IPVS_SVC_ATTR_NETMASK: /32
  ];
  const DESTINATION = [
    '48000280', // IPVS_CMD_ATTR_DEST
    '14000100 0a010065 000000000000000000000000', // IPVS_DEST_ATTR_ADDR
    '06000200 1f90 0000', // IPVS_DEST_ATTR_PORT
    '06000b00 0200 0000', // IPVS_DEST_ATTR_ADDR_FAMILY
    '08000300 00000000', // IPVS_DEST_ATTR_FWD_METHOD: masquerading
    '08000400 03000000', // IPVS_DEST_ATTR_WEIGHT
    '08000500 00000000', // IPVS_DEST_ATTR_U_THRESH
    '08000600 00000000', // IPVS_DEST_ATTR_L_THRESH
  ];
  const persistent = service([], { flags: 1, timeout: 10_800 });
  const weighted = destination('10.1.0.101', { weight: 3 });

  test('adding a service carries all of its settings', () => {
    const bytes = encoded((writer) => encodeOperation({ kind: 'add-service', service: persistent }, writer));
    expect(bytes.toString('hex')).toBe(hex(['54000180', ...IDENTITY, ...SETTINGS]));
  });

  test('adding a destination names its service and carries all of its settings', () => {
    const operation = { kind: 'add-destination', service: persistent, destination: weighted } as const;
    const bytes = encoded((writer) => encodeOperation(operation, writer));
    expect(bytes.toString('hex')).toBe(hex(['30000180', ...IDENTITY, ...DESTINATION]));
  });

  test('deleting a destination carries nothing but what it is told by', () => {
    const operation = { kind: 'delete-destination', service: persistent, destination: weighted } as const;
    const bytes = encoded((writer) => encodeOperation(operation, writer));
    expect(bytes.toString('hex')).toBe(hex(['30000180', ...IDENTITY, '28000280', ...DESTINATION.slice(1, 4)]));
  });

  test('an IPv6 service has its family and a netmask of 128 in host order', () => {
    const six = service([], { address: 'fd99:66::a' });
    const bytes = encoded((writer) => encodeService(six, true, writer)).toString('hex');
    expect(bytes).toContain(hex(['06000100 0a00 0000']));
    expect(bytes).toContain(hex(['14000300 fd990066 00000000 00000000 0000000a']));
    expect(bytes).toContain(hex(['08000900 80000000']));
  });

  test.each<[IpvsOperation['kind'], number]>([
    ['add-service', 1],
    ['edit-service', 2],
    ['delete-service', 3],
    ['add-destination', 5],
    ['edit-destination', 6],
    ['delete-destination', 7],
  ])('%s is IPVS_CMD number %i', (kind, number) => {
    expect(commandOf({ kind, service: service([]), destination: POD })).toBe(number);
  });
});

describe('reading back', () => {
  test.each([
    ['tcp', '10.99.66.10'],
    ['udp', '10.99.66.10'],
    ['sctp', 'fd99:66::a'],
  ] as const)('a %s service of %s reads as it was written', (protocol, address) => {
    const one = service([], { protocol, address, scheduler: 'wlc', flags: 1, timeout: 60 });
    expect(decodeService(encoded((writer) => encodeService(one, true, writer)))).toStrictEqual(one);
  });

  test('the flag that the kernel sets by itself is left out', () => {
    const hashed = service([], { flags: 3 });
    expect(decodeService(encoded((writer) => encodeService(hashed, true, writer)))?.flags).toBe(1);
  });

  test.each(['10.1.0.101', 'fd00::65'])('the destination %s reads as it was written', (address) => {
    const one = destination(address, { weight: 65_535, forward: 3 });
    const operation = { kind: 'add-destination', service: service([]), destination: one } as const;
    expect(decodeDestination(encoded((writer) => encodeOperation(operation, writer)))).toStrictEqual(one);
  });

  test('a firewall-mark service has no address and is none of ours', () => {
    const fwmark = encoded((writer) => writer.nest(1, () => writer.u32(5, 7)));
    expect(decodeService(fwmark)).toBeUndefined();
    expect(decodeDestination(fwmark)).toBeUndefined();
  });
});

const kinds = (wanted: IpvsTable, actual: IpvsTable): string[] => planTable(wanted, actual).map(formatOperation);

describe('the plan', () => {
  test.each<[string, IpvsTable, IpvsTable, string[]]>([
    ['equal tables need nothing', tableOf(service([POD])), tableOf(service([POD])), []],
    [
      'a new service comes before its destinations',
      tableOf(service([POD])),
      tableOf(),
      ['add-service tcp/10.99.66.10:80 rr', 'add-destination tcp/10.99.66.10:80 10.1.0.101:8080 weight 1'],
    ],
    [
      'a changed endpoint is one message',
      tableOf(service([POD, { ...OTHER, weight: 0 }])),
      tableOf(service([POD, OTHER])),
      ['edit-destination tcp/10.99.66.10:80 10.1.0.102:8080 weight 0'],
    ],
    [
      'a destination that replaces another is there before the other goes',
      tableOf(service([OTHER])),
      tableOf(service([POD])),
      [
        'add-destination tcp/10.99.66.10:80 10.1.0.102:8080 weight 1',
        'delete-destination tcp/10.99.66.10:80 10.1.0.101:8080 weight 1',
      ],
    ],
    [
      'another scheduler, affinity or forward method is an edit',
      tableOf(service([POD], { scheduler: 'sh', flags: 1, timeout: 60 })),
      tableOf(service([{ ...POD, forward: 3 }])),
      ['edit-service tcp/10.99.66.10:80 sh', 'edit-destination tcp/10.99.66.10:80 10.1.0.101:8080 weight 1'],
    ],
    [
      'a service that is gone takes its destinations along',
      tableOf(),
      tableOf(service([POD, OTHER])),
      ['delete-service tcp/10.99.66.10:80 rr'],
    ],
  ])('%s', (_, wanted, actual, expected) => {
    expect(kinds(wanted, actual)).toStrictEqual(expected);
  });
});

const oneDestination = fc.record({
  address: fc.constantFrom('10.1.0.101', '10.1.0.102', '10.1.0.103'),
  port: fc.constantFrom(8080, 9090),
  weight: fc.integer({ min: 0, max: 2 }),
  forward: fc.constantFrom(0, 3),
});
const oneService = fc
  .record({
    protocol: fc.constantFrom('tcp' as const, 'udp' as const),
    address: fc.constantFrom('10.99.66.10', '10.99.66.11'),
    port: fc.constantFrom(80, 443),
    scheduler: fc.constantFrom('rr', 'sh'),
    flags: fc.constantFrom(0, 1),
    timeout: fc.constantFrom(0, 60),
    destinations: fc.array(oneDestination, { maxLength: 6 }),
  })
  .map(({ destinations, ...fields }) => service(destinations, fields));
const anyTable = fc.array(oneService, { maxLength: 8 }).map((services) => tableOf(...services));

test('property: the plan makes any table equal to any other, is never refused, and touches nothing twice', () => {
  fc.assert(
    fc.property(anyTable, anyTable, (wanted, actual) => {
      const kernel = new KernelIpvs(actual);
      const plan = planTable(wanted, kernel.table);
      expect(plan.map((operation) => kernel.do(operation)).filter(Boolean)).toStrictEqual([]);
      expect(kernel.table).toEqual(wanted);
      expect(planTable(wanted, kernel.table)).toStrictEqual([]);
      const subjects = plan.map(subjectOf);
      expect(new Set(subjects).size).toBe(subjects.length);
      const staying = [...actual.keys()].filter((key) => wanted.has(key));
      const deleted = new Set(plan.filter(({ kind }) => kind === 'delete-service').map(subjectOf));
      expect(staying.filter((key) => deleted.has(key))).toStrictEqual([]);
    }),
  );
});

test('property: no service that keeps a destination is without one on the way', () => {
  fc.assert(
    fc.property(anyTable, anyTable, (wanted, actual) => {
      const kernel = new KernelIpvs(actual);
      const served = [...wanted].filter(
        ([key, { destinations }]) => destinations.size * (actual.get(key)?.destinations.size ?? 0) > 0,
      );
      for (const operation of planTable(wanted, actual)) {
        kernel.do(operation);
        for (const [key] of served) expect(kernel.table.get(key)?.destinations.size).toBeGreaterThan(0);
      }
    }),
  );
});

test('property: work is by the change, not by the table', () => {
  fc.assert(
    fc.property(anyTable, oneService, (table, extra) => {
      const without = new Map([...table].filter(([key]) => key !== virtualServerKey(extra)));
      const wanted = new Map([...without, [virtualServerKey(extra), extra]]);
      expect(planTable(wanted, without)).toHaveLength(1 + extra.destinations.size);
    }),
  );
});

test('several operations in one buffer are several messages, each with its own nest', () => {
  const writer = new Writer();
  for (const operation of planTable(tableOf(service([POD, OTHER])), tableOf())) {
    writer.begin(0, 0, 0, new Uint8Array(0));
    encodeOperation(operation, writer);
    writer.finish();
  }
  expect(readMessages(writer.bytes).map(({ payload }) => decodeDestination(payload)?.address)).toStrictEqual([
    undefined,
    '10.1.0.101',
    '10.1.0.102',
  ]);
});
