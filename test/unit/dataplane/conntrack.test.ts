import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ConntrackEntry, Endpoint } from '../../../src/dataplane/conntrack/codec.ts';
import { formatDeletion, isStale, planReadings } from '../../../src/dataplane/conntrack/plan.ts';
import {
  type Changes,
  changesAfter,
  changesAfterBinding,
  type Clearings,
  wantedClearings,
} from '../../../src/dataplane/conntrack/want.ts';
import type { IpvsOperation } from '../../../src/dataplane/ipvs/plan.ts';
import { wantedService } from '../../../src/dataplane/ipvs/want.ts';
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

  test('a range that has just been bound may have led every UDP client astray, and no other', () => {
    const tcp = server([ONE], { protocol: 'tcp' });
    expect([...changesAfterBinding(new Map(), table(server([ONE, TWO]), tcp)).values()]).toMatchObject([
      { virtualServer: DNS, lost: 'all' },
    ]);
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
