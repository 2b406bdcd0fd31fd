import { describe, expect, test } from 'vitest';
import { peerScope } from '../../../src/agent/peers.ts';
import { rangesStep, siftRanges, usedBy } from '../../../src/agent/ranges-known.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import type { Config } from '../../../src/config/config.ts';
import { decodeService } from '../../../src/source/decode.ts';

const configWith = (bgp = '', dataplane = ''): Config => {
  const { config, problems } = parseConfig(
    `{apiVersion: fairlead.io/v1alpha1, kind: FairleadConfig, ranges: auto, dataplane: {${dataplane}}, bgp: {localAs: 64512,
      routerId: 10.22.108.100, peers: [{address: 10.22.109.1, as: 64500, localAddress: 10.22.110.1}], ${bgp}}}`,
    'lb-1',
  );
  if (config === undefined) throw new Error(JSON.stringify(problems));
  return config;
};

const CONFIG = configWith();

test('`auto` is a configuration without ranges of its own, whose sessions carry whatever may come', () => {
  expect(CONFIG).toMatchObject({ ranges: [], rangesFrom: 'service-cidrs', announcement: { attributes: {} } });
  for (const ranges of [[], ['10.99.66.0/23']]) {
    expect(peerScope({ ...CONFIG, ranges }).families).toStrictEqual(['ipv4', 'ipv6']);
  }
});

describe('the ranges of ServiceCIDRs', () => {
  test('are the prefixes of all of them, each once, in one order whatever the order of the objects', () => {
    const objects = [
      { name: 'kubernetes', prefixes: ['10.99.66.0/23', 'fd99:66::/112'] },
      { name: 'again', prefixes: ['10.99.66.0/23'] },
      { name: 'low', prefixes: ['9.0.0.0/24'] },
      { name: 'inner', prefixes: ['10.99.66.0/24', 'fd99:65::/112'] },
      { name: 'outer', prefixes: ['10.99.64.0/18'] },
    ];
    const ranges = ['9.0.0.0/24', '10.99.64.0/18', '10.99.66.0/23', '10.99.66.0/24', 'fd99:65::/112', 'fd99:66::/112'];
    expect(siftRanges(objects, CONFIG)).toStrictEqual({ ranges, skipped: [] });
    expect(siftRanges(objects.toReversed(), CONFIG).ranges).toStrictEqual(ranges);
  });

  test.each([
    ['10.0.0.0/7', CONFIG, 'expected a prefix length from 8 to 32'],
    ['127.0.0.0/24', CONFIG, 'expected a prefix outside 127.0.0.0/8 (loopback)'],
    ['10.22.108.0/24', CONFIG, 'holds 10.22.108.100, an address that BGP depends on'],
    ['10.22.109.0/24', CONFIG, 'holds 10.22.109.1, an address that BGP depends on'],
    ['10.22.110.0/24', CONFIG, 'holds 10.22.110.1, an address that BGP depends on'],
    ['10.50.0.0/24', configWith('nextHopIPv4: 10.50.0.1'), 'holds 10.50.0.1, an address that BGP depends on'],
    ['10.50.0.0/24', configWith('listenAddresses: [10.50.0.1]'), 'holds 10.50.0.1, an address that BGP depends on'],
    ['192.0.2.0/24', configWith('', 'externalIPs: [192.0.2.128/25]'), 'overlaps 192.0.2.128/25 of the configuration'],
    ['192.0.2.0/24', configWith('', 'loadBalancerIPs: [192.0.0.0/16]'), 'overlaps 192.0.0.0/16 of the configuration'],
    ['10.50.0.0/16', configWith('accept: [10.50.7.0/24]'), 'holds 10.50.7.0/24 of bgp.accept'],
  ])('%s is left out by name where it cannot be a range', (prefix, config, conflict) => {
    const objects = [{ name: 'bad', prefixes: [prefix, '10.99.66.0/23'] }];
    const detail = `${prefix}: ${conflict}`;
    const skipped = [{ object: 'ServiceCIDR bad', reason: 'object-invalid', detail }];
    expect(siftRanges(objects, config)).toStrictEqual({ ranges: ['10.99.66.0/23'], skipped });
  });

  test('a default route that is let in is no reason to leave one out', () => {
    const config = configWith('accept: [0.0.0.0/0]');
    expect(siftRanges([{ name: 'one', prefixes: ['10.99.66.0/23'] }], config).skipped).toStrictEqual([]);
  });
});

const never = (): boolean => false;
const always = (): boolean => true;

describe('the ranges from now on', () => {
  const before = ['10.99.66.0/23', '10.99.80.0/24'];

  test.each([
    ['the first ones', [], ['10.99.66.0/23'], never, ['10.99.66.0/23']],
    ['one more, in its place', before, ['10.99.66.0/23', '10.99.70.0/24', '10.99.80.0/24'], never, undefined],
    ['one less', before, ['10.99.66.0/23'], never, ['10.99.66.0/23']],
    ['one less that is in use', before, ['10.99.66.0/23'], always, before],
    [
      'one in use, and another one',
      before,
      ['10.99.70.0/24', '10.99.80.0/24'],
      always,
      ['10.99.66.0/23', '10.99.70.0/24', '10.99.80.0/24'],
    ],
    ['none at all', before, [], never, before],
    ['quite others', before, ['10.1.0.0/16'], never, ['10.1.0.0/16']],
  ])('%s', (_title, known, found, isUsed, after) => {
    expect(rangesStep(known, found, isUsed)).toStrictEqual(after ?? found);
  });

  test('are the same value while they are the same', () => {
    expect(rangesStep(before, [...before], never)).toBe(before);
    expect(rangesStep(before, ['10.99.66.0/23'], always)).toBe(before);
  });
});

test('a range is in use while a Service has an address in there that no other range holds', () => {
  const raw = { metadata: { name: 'web' }, spec: { clusterIPs: ['10.99.80.9', 'fd99:66::9'], ports: [{ port: 80 }] } };
  const service = decodeService(raw).value;
  if (service === undefined) throw new Error('expected a Service');
  const snapshot = { services: new Map([['default/web', service]]) };
  expect(usedBy(snapshot, [])('10.99.80.0/24')).toBe(true);
  expect(usedBy(snapshot, [])('fd99:66::/112')).toBe(true);
  expect(usedBy(snapshot, [])('10.99.81.0/24')).toBe(false);
  expect(usedBy(snapshot, ['10.99.0.0/16'])('10.99.80.0/24')).toBe(false);
  expect(usedBy(snapshot, ['10.98.0.0/16'])('10.99.80.0/24')).toBe(true);
});
