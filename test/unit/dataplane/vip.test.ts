import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HEADER_LENGTH, Writer } from '../../../src/dataplane/netlink/codec.ts';
import {
  decodeRoute,
  encodeRoute,
  ownRoutesHeader,
  ROUTE_HEADER,
  routeHeader,
} from '../../../src/dataplane/vip/codec.ts';
import { ExternalAddresses } from '../../../src/dataplane/vip/external.ts';
import { formatRoute, planRoutes } from '../../../src/dataplane/vip/plan.ts';
import { type RangeRoute, wantedRoutes } from '../../../src/dataplane/vip/want.ts';

const RANGE = '10.99.66.0/23';
const NODE = '10.22.108.100';
const local = (fields: Partial<RangeRoute> = {}): RangeRoute => ({
  prefix: RANGE,
  kind: 'local',
  metric: 0,
  source: NODE,
  ...fields,
});
const backstop: RangeRoute = { prefix: RANGE, kind: 'unreachable', metric: 4096, source: undefined };

const RANGE6 = 'fd99:66::/112';
const NODE6 = 'fd22:108::100';
const SOURCES = { ipv4: NODE, ipv6: NODE6 };
const backstop6: RangeRoute = { ...backstop, prefix: RANGE6 };

test('each range has a route that binds it, behind all the backstops', () => {
  expect(wantedRoutes([RANGE, '10.99.70.0/24'], [], SOURCES).map(formatRoute)).toStrictEqual([
    'unreachable 10.99.66.0/23 metric 4096',
    'unreachable 10.99.70.0/24 metric 4096',
    'local 10.99.66.0/23 src 10.22.108.100',
    'local 10.99.70.0/24 src 10.22.108.100',
  ]);
});

test('both families are bound, each with a source of its own, and so are single addresses with a backstop', () => {
  expect(wantedRoutes([RANGE, RANGE6], ['192.0.2.7', 'fd05::7'], SOURCES).map(formatRoute)).toStrictEqual([
    'unreachable 10.99.66.0/23 metric 4096',
    'unreachable fd99:66::/112 metric 4096',
    'unreachable 192.0.2.7/32 metric 4096',
    'unreachable fd05::7/128 metric 4096',
    'local 10.99.66.0/23 src 10.22.108.100',
    'local fd99:66::/112 metric 1024 src fd22:108::100',
    'local 192.0.2.7/32 src 10.22.108.100',
    'local fd05::7/128 metric 1024 src fd22:108::100',
  ]);
});

test('a node without its router id among its addresses leaves the source to the kernel', () => {
  expect(wantedRoutes([RANGE], [], {}).at(-1)).toStrictEqual(local({ source: undefined }));
});

describe('the plan', () => {
  const wanted = wantedRoutes([RANGE], ['192.0.2.7'], SOURCES);
  const plan = (actual: readonly RangeRoute[]): string[] =>
    planRoutes(wanted, actual).map(({ kind, route }) => `${kind} ${formatRoute(route)}`);

  const single = [local({ prefix: '192.0.2.7/32' }), { ...backstop, prefix: '192.0.2.7/32' }];

  test.each<[string, RangeRoute[], string[]]>([
    ['nothing where all is there', [backstop, local(), ...single], []],
    [
      'everything where nothing is there, the binding last; no route is pushed aside for a single address',
      [],
      [
        'replace unreachable 10.99.66.0/23 metric 4096',
        'add unreachable 192.0.2.7/32 metric 4096',
        'replace local 10.99.66.0/23 src 10.22.108.100',
        'add local 192.0.2.7/32 src 10.22.108.100',
      ],
    ],
    [
      'another source is replaced in place, never deleted',
      [backstop, ...single.map((route) => ({ ...route, source: '10.22.108.9' })), local({ source: '10.22.108.9' })],
      [
        'replace unreachable 192.0.2.7/32 metric 4096',
        'replace local 10.99.66.0/23 src 10.22.108.100',
        'replace local 192.0.2.7/32 src 10.22.108.100',
      ],
    ],
    [
      'a range of an earlier configuration goes after the new ones stand, in whichever family',
      [local({ prefix: '10.99.70.0/24' }), backstop, ...single, backstop6],
      [
        'replace local 10.99.66.0/23 src 10.22.108.100',
        'delete local 10.99.70.0/24 src 10.22.108.100',
        'delete unreachable fd99:66::/112 metric 4096',
      ],
    ],
  ])('%s', (_, actual, expected) => {
    expect(plan(actual)).toStrictEqual(expected);
  });
});

const bytesOf = (route: RangeRoute): Buffer => {
  const writer = new Writer();
  writer.begin(24, 0, 1, routeHeader(route));
  encodeRoute(route, writer);
  writer.finish();
  return writer.bytes.subarray(HEADER_LENGTH);
};

describe('the bytes, by the numbers of include/uapi/linux/rtnetlink.h', () => {
  test('a local route stands in table 255 with scope host and our protocol, on the loopback interface', () => {
    expect(bytesOf(local()).toString('hex')).toBe(
      [
        '02170000ff42fe0200000000', // struct rtmsg: AF_INET /23, table local, protocol 66, scope host, type local
        '080001000a634200', // RTA_DST
        '0800040001000000', // RTA_OIF
        '080007000a166c64', // RTA_PREFSRC
      ].join(''),
    );
  });

  test('a backstop stands in table 254, unreachable, with a metric behind every other route', () => {
    expect(bytesOf(backstop).toString('hex')).toBe(
      ['02170000fe42000700000000', '080001000a634200', '0800060000100000'].join(''),
    );
  });

  test('an IPv6 route is the same with AF_INET6 and addresses of 16 bytes', () => {
    expect(bytesOf(local({ prefix: RANGE6, metric: 1024, source: NODE6 })).toString('hex')).toBe(
      [
        '0a700000ff42fe0200000000', // struct rtmsg: AF_INET6 /112
        '14000100fd990066000000000000000000000000', // RTA_DST
        '0800040001000000', // RTA_OIF
        '0800060000040000', // RTA_PRIORITY
        '14000700fd220108000000000000000000000100', // RTA_PREFSRC
      ].join(''),
    );
  });

  test('the dump is asked for by family and by our protocol alone', () => {
    expect(Buffer.from(ownRoutesHeader('ipv4')).toString('hex')).toBe('020000000042000000000000');
    expect(Buffer.from(ownRoutesHeader('ipv6')).toString('hex')).toBe('0a0000000042000000000000');
  });

  test.each([
    local(),
    local({ source: undefined }),
    backstop,
    backstop6,
    local({ prefix: '10.99.66.7/32' }),
    local({ prefix: RANGE6, metric: 1024, source: NODE6 }),
  ])('$kind $prefix reads as it was written', (route) => {
    expect(decodeRoute(bytesOf(route))).toStrictEqual(route);
  });

  test('a route of another type, or without a destination, is none of ours', () => {
    const unicast = bytesOf(local());
    unicast[7] = 1;
    expect(decodeRoute(unicast)).toBeUndefined();
    expect(decodeRoute(bytesOf(local()).subarray(0, ROUTE_HEADER))).toBeUndefined();
  });
});

const anyRoute = fc.record({
  prefix: fc.constantFrom(RANGE, RANGE6, '10.99.70.0/24', '192.0.2.7/32', 'fd05::7/128'),
  kind: fc.constantFrom('local' as const, 'unreachable' as const),
  metric: fc.constantFrom(0, 4096),
  source: fc.constantFrom(undefined, NODE),
});

const place = ({ kind, prefix, metric }: RangeRoute): string => `${kind} ${prefix} ${metric}`;
const byPlace = (routes: readonly RangeRoute[]) => new Map(routes.map((route) => [place(route), route]));

test('property: the plan makes any routes the wanted ones; the kernel tells them apart by kind, prefix and metric', () => {
  const routes = fc.array(anyRoute, { maxLength: 8 }).map((all) => [...byPlace(all).values()]);
  fc.assert(
    fc.property(routes, routes, (wanted, actual) => {
      const kernel = byPlace(actual);
      for (const { kind, route } of planRoutes(wanted, actual)) {
        if (kind === 'add') expect(kernel.has(place(route))).toBe(false);
        if (kind !== 'delete') kernel.set(place(route), route);
        else expect(kernel.delete(place(route))).toBe(true);
      }
      expect(kernel).toEqual(byPlace(wanted));
      expect(planRoutes(wanted, [...kernel.values()])).toStrictEqual([]);
    }),
  );
});

const opened = (): ExternalAddresses =>
  new ExternalAddresses([RANGE, RANGE6], ['192.0.2.0/24', 'fd05::/64', '10.99.0.0/16']);
const keys = (...all: readonly string[]): ReadonlySet<string> => new Set(all);
const of = (prefix: string): RangeRoute[] => [local({ prefix }), { ...backstop, prefix }];

describe('addresses outside the ranges', () => {
  test('are those of virtual servers that an allow-list holds and no range', () => {
    const external = opened();
    const all = keys(
      'tcp/192.0.2.7:80',
      'udp/[fd05::7]:53',
      'tcp/10.99.66.10:80',
      'tcp/10.99.70.1:80',
      'tcp/8.8.8.8:53',
    );
    external.update(all, all);
    expect([...external.wanted]).toStrictEqual(['192.0.2.7', 'fd05::7', '10.99.70.1']);
  });

  test('stay while one of their virtual servers stays; what has not changed is the same set', () => {
    const external = opened();
    external.update(keys('tcp/192.0.2.7:80', 'tcp/192.0.2.7:443'), ['tcp/192.0.2.7:80', 'tcp/192.0.2.7:443']);
    const before = external.wanted;
    external.update(keys('tcp/192.0.2.7:443'), ['tcp/192.0.2.7:80']);
    expect(external.wanted).toBe(before);
    external.update(keys(), ['tcp/192.0.2.7:443']);
    expect([...external.wanted]).toStrictEqual([]);
  });

  test('are none of ours where they are the address of this very node', () => {
    const external = new ExternalAddresses([], ['127.0.0.0/8']);
    external.update(keys('tcp/127.0.0.1:80', 'tcp/127.0.0.2:80'), ['tcp/127.0.0.1:80', 'tcp/127.0.0.2:80']);
    expect([...external.wanted]).toStrictEqual(['127.0.0.2']);
  });

  test('are covered before they are bound, and for one more pass behind their end', () => {
    const external = opened();
    let bound: RangeRoute[] = of(RANGE);
    const cover = (audit = false): string[] | undefined => {
      const covered = external.toCover(() => bound, audit);
      return covered && [...covered];
    };
    external.update(keys('tcp/192.0.2.7:80'), ['tcp/192.0.2.7:80']);
    expect(cover()).toStrictEqual(['192.0.2.7']);
    expect(cover()).toBeUndefined();
    bound = [...of(RANGE), ...of('192.0.2.7/32')];
    expect(cover(true)).toStrictEqual(['192.0.2.7']);
    external.update(keys(), ['tcp/192.0.2.7:80']);
    expect(cover()).toStrictEqual(['192.0.2.7']);
    bound = of(RANGE);
    expect(cover()).toStrictEqual([]);
    expect(cover()).toBeUndefined();
  });

  test('that an earlier agent bound are covered until they are gone', () => {
    expect([...(opened().toCover(() => of('192.0.2.9/32'), false) ?? [])]).toStrictEqual(['192.0.2.9']);
  });

  test('without an allow-list nothing is counted', () => {
    const external = new ExternalAddresses([RANGE], []);
    external.update(keys('tcp/192.0.2.7:80'), ['tcp/192.0.2.7:80']);
    expect([...external.wanted]).toStrictEqual([]);
    expect(external.toCover(() => [], true)).toBeUndefined();
  });
});
