import { describe, expect, test } from 'vitest';
import { selectRealServers, type Vantage } from '../../../src/model/endpoints.ts';
import type { Endpoint, TrafficPolicy } from '../../../src/model/snapshot.ts';
import type { Protocol } from '../../../src/model/virtual-server.ts';
import { endpoint } from './cluster.ts';

const HERE: Vantage = { node: 'lb-1', zone: 'zone-a', topologyHints: 'honour' };

type Fields = Partial<Endpoint>;

/** The real servers as `a*1`, `b*0`, named in the order of the endpoints. */
function chosen(fields: readonly Fields[], options: Options = {}) {
  const { protocol = 'tcp', policy = 'cluster', vantage = HERE } = options;
  const endpoints = fields.map((one, index) => ({ endpoint: endpoint(`10.1.0.${index}`, one), port: 80 }));
  const { lack, realServers } = selectRealServers(endpoints, protocol, policy, vantage);
  const names = realServers.map(({ address, weight }) => `${'abcdef'[Number(address.split('.')[3])]}*${weight}`);
  return lack === undefined ? names : [...names, lack];
}

interface Options {
  readonly protocol?: Protocol;
  readonly policy?: TrafficPolicy;
  readonly vantage?: Vantage;
}

const READY: Fields = { ready: true, serving: true, terminating: false };
const NOT_READY: Fields = { ready: false, serving: false, terminating: false };
const STARTING: Fields = { ready: false, serving: true, terminating: false };
const SERVING: Fields = { ready: false, serving: true, terminating: true };
const GOING: Fields = { ready: false, serving: false, terminating: true };
/** publishNotReadyAddresses: ready by decree, while it terminates. */
const PUBLISHED: Fields = { ready: true, serving: true, terminating: true };

describe('KEP-1669: which endpoints take traffic', () => {
  test.each<[string, Fields[], string[]]>([
    ['ready ones', [READY, READY], ['a*1', 'b*1']],
    ['one that is not ready, or not yet, drains', [READY, NOT_READY, STARTING], ['a*1', 'b*0', 'c*0']],
    ['one that terminates drains beside ready ones, serving or not', [READY, SERVING, GOING], ['a*1', 'b*0', 'c*0']],
    ['those that serve while they terminate, where none is ready', [SERVING, SERVING], ['a*1', 'b*1']],
    ['those rather than one that is not ready', [SERVING, STARTING], ['a*1', 'b*0']],
    ['one that is published as ready while it terminates', [PUBLISHED, NOT_READY], ['a*1', 'b*0']],
    ['nobody new where none can; the rest drains', [NOT_READY, GOING], ['a*0', 'b*0', 'no-endpoints']],
    ['nobody', [], ['no-endpoints']],
  ])('%s', (_title, fields, expected) => {
    expect(chosen(fields)).toStrictEqual(expected);
  });

  test.each<[string, Fields[], string[]]>([
    ['beside ready ones', [READY, SERVING, NOT_READY], ['a*1']],
    ['where nothing else is left', [GOING, NOT_READY], ['no-endpoints']],
  ])('over UDP nobody drains %s: a client that keeps its port would never leave', (_title, fields, expected) => {
    expect(chosen(fields, { protocol: 'udp' })).toStrictEqual(expected);
  });

  test('over UDP those that still serve take over as well', () => {
    expect(chosen([SERVING, GOING], { protocol: 'udp' })).toStrictEqual(['a*1']);
  });

  test('over SCTP they drain, as over TCP', () => {
    expect(chosen([READY, SERVING], { protocol: 'sctp' })).toStrictEqual(['a*1', 'b*0']);
  });
});

describe('a policy of Local', () => {
  const here = { nodeName: 'lb-1' };
  const there = { nodeName: 'worker-1' };

  test.each<[string, Fields[], string[]]>([
    ['takes the endpoints on this node', [here, there, {}], ['a*1']],
    ['leaves the others out, also where they drain', [here, { ...SERVING, ...there }], ['a*1']],
    ['drains those on this node', [here, { ...NOT_READY, ...here }], ['a*1', 'b*0']],
    [
      'falls back to those here that still serve, whatever is ready elsewhere',
      [{ ...SERVING, ...here }, there],
      ['a*1'],
    ],
    ['has none where all are elsewhere', [there, there], ['no-local-endpoints']],
    ['has none where those elsewhere serve while they terminate', [{ ...SERVING, ...there }], ['no-local-endpoints']],
    [
      'has none where the one here is not ready, which drains',
      [{ ...NOT_READY, ...here }, there],
      ['a*0', 'no-local-endpoints'],
    ],
    [
      'has none anywhere',
      [
        { ...NOT_READY, ...here },
        { ...NOT_READY, ...there },
      ],
      ['a*0', 'no-endpoints'],
    ],
    [
      'does not look at hints',
      [
        { ...here, forZones: ['zone-b'] },
        { ...here, forZones: ['zone-a'] },
      ],
      ['a*1', 'b*1'],
    ],
  ])('%s', (_title, fields, expected) => {
    expect(chosen(fields, { policy: 'local' })).toStrictEqual(expected);
  });
});

describe('hints', () => {
  const a = { forZones: ['zone-a'] };
  const b = { forZones: ['zone-b'] };
  const both = { forZones: ['zone-a', 'zone-b'] };
  const node = { forNodes: ['lb-1'], ...b };
  const other = { forNodes: ['worker-1'], ...a };

  test.each<[string, Fields[], string[]]>([
    ['for the zone of this node are kept to', [a, b, a], ['a*1', 'c*1']],
    ['may name several zones', [both, b, a], ['a*1', 'c*1']],
    ['do not count where one ready endpoint has none', [a, b, {}], ['a*1', 'b*1', 'c*1']],
    ['do not count where none names this zone', [b, { forZones: ['zone-c'] }], ['a*1', 'b*1']],
    ['are not asked of one that is not ready, which drains', [a, b, NOT_READY], ['a*1', 'c*0']],
    ['leave one for another zone out, rather than drain it', [a, { ...SERVING, ...b }], ['a*1']],
    [
      'do not count where none is ready',
      [
        { ...SERVING, ...b },
        { ...SERVING, ...a },
      ],
      ['a*1', 'b*1'],
    ],
    ['do not count through one that is not ready', [{ ...NOT_READY, ...a }, b], ['a*0', 'b*1']],
    ['for this node go before those for its zone', [node, other], ['a*1']],
    ['for other nodes leave those for the zone', [other, { forNodes: ['worker-2'], ...b }], ['a*1']],
    ['for nodes do not count where one has only a zone', [node, a], ['b*1']],
  ])('%s', (_title, fields, expected) => {
    expect(chosen(fields)).toStrictEqual(expected);
  });

  test('for a zone do not count where the zone of this node is not known', () => {
    expect(chosen([a, b], { vantage: { ...HERE, zone: undefined } })).toStrictEqual(['a*1', 'b*1']);
  });

  test('do not count unless they are asked for', () => {
    expect(chosen([a, node, other], { vantage: { ...HERE, topologyHints: 'ignore' } })).toHaveLength(3);
  });
});

describe('an endpoint that stands in two slices', () => {
  const twice = (...fields: Fields[]) =>
    selectRealServers(
      fields.map((one) => ({ endpoint: endpoint('10.1.0.1', one), port: 80 })),
      'tcp',
      'cluster',
      HERE,
    ).realServers.map(({ weight }) => weight);

  test.each<[string, Fields, Fields]>([
    ['ready in one of them is ready', READY, GOING],
    ['serving in one of them serves', SERVING, NOT_READY],
  ])('%s', (_title, one, other) => {
    expect(twice(one, other)).toStrictEqual([1]);
    expect(twice(other, one)).toStrictEqual([1]);
  });

  test('with two ports is two real servers, in the order of address and port', () => {
    const found = [90, 80].map((port) => ({ endpoint: endpoint('10.1.0.1'), port }));
    expect(selectRealServers(found, 'tcp', 'cluster', HERE).realServers.map(({ port }) => port)).toStrictEqual([
      80, 90,
    ]);
  });
});
