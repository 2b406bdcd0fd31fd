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

test('each range has a route that binds it, behind all the backstops', () => {
  expect(wantedRoutes([RANGE, '10.99.70.0/24'], NODE).map(formatRoute)).toStrictEqual([
    'unreachable 10.99.66.0/23 metric 4096',
    'unreachable 10.99.70.0/24 metric 4096',
    'local 10.99.66.0/23 src 10.22.108.100',
    'local 10.99.70.0/24 src 10.22.108.100',
  ]);
});

test('a node without its router id among its addresses leaves the source to the kernel', () => {
  expect(wantedRoutes([RANGE], undefined).at(-1)).toStrictEqual(local({ source: undefined }));
});

describe('the plan', () => {
  const wanted = wantedRoutes([RANGE], NODE);
  const plan = (actual: readonly RangeRoute[]): string[] =>
    planRoutes(wanted, actual).map(({ kind, route }) => `${kind} ${formatRoute(route)}`);

  test.each<[string, RangeRoute[], string[]]>([
    ['nothing where all is there', [backstop, local()], []],
    [
      'everything where nothing is there, the binding last',
      [],
      ['replace unreachable 10.99.66.0/23 metric 4096', 'replace local 10.99.66.0/23 src 10.22.108.100'],
    ],
    [
      'another source is replaced in place, never deleted',
      [backstop, local({ source: '10.22.108.9' })],
      ['replace local 10.99.66.0/23 src 10.22.108.100'],
    ],
    [
      'a range of an earlier configuration goes after the new ones stand',
      [local({ prefix: '10.99.70.0/24' }), backstop],
      ['replace local 10.99.66.0/23 src 10.22.108.100', 'delete local 10.99.70.0/24 src 10.22.108.100'],
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

  test('the dump is asked for by our protocol alone', () => {
    expect(Buffer.from(ownRoutesHeader()).toString('hex')).toBe('020000000042000000000000');
  });

  test.each([local(), local({ source: undefined }), backstop, local({ prefix: '10.99.66.7/32' })])(
    '$kind $prefix reads as it was written',
    (route) => {
      expect(decodeRoute(bytesOf(route))).toStrictEqual(route);
    },
  );

  test('a route of another type, or without a destination, is none of ours', () => {
    const unicast = bytesOf(local());
    unicast[7] = 1;
    expect(decodeRoute(unicast)).toBeUndefined();
    expect(decodeRoute(bytesOf(local()).subarray(0, ROUTE_HEADER))).toBeUndefined();
  });
});

const anyRoute = fc.record({
  prefix: fc.constantFrom(RANGE, '10.99.70.0/24', '10.99.66.7/32'),
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
        if (kind === 'replace') kernel.set(place(route), route);
        else expect(kernel.delete(place(route))).toBe(true);
      }
      expect(kernel).toEqual(byPlace(wanted));
      expect(planRoutes(wanted, [...kernel.values()])).toStrictEqual([]);
    }),
  );
});
