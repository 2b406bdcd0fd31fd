import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  durationBetween,
  parseDuration,
  readCommunity,
  readGlobalIPv6,
  readGobgpTarget,
  readHoldTime,
  readLoopbackEndpoint,
  readNamespace,
  readPath,
  readRange,
  readScheduling,
  readSocketPath,
  readSpeakerAddress,
  readTaintKey,
  wholeSecondsBetween,
} from '../../../src/config/read.ts';

describe('a duration', () => {
  test('is a whole number with a unit', () => {
    expect(['0s', '500ms', '3s', '1m', '2h'].map(parseDuration)).toStrictEqual([0, 500, 3000, 60_000, 7_200_000]);
  });

  test.each(['', '5', 's', '1.5s', '-1s', '01s', '1 s', '1d', '1S', '1s ', '9999999999s'])('is not %j', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test('stays between its bounds, which belong to it', () => {
    const read = durationBetween('10ms', '1s');
    expect(read('10ms')).toStrictEqual({ value: 10 });
    expect(read('1s')).toStrictEqual({ value: 1000 });
    expect(read('9ms')).toStrictEqual({ expected: 'a duration from 10ms to 1s, such as 500ms, 3s or 1m' });
    expect(read('1001ms')).toHaveProperty('expected');
  });

  test('of a hold time is at least three whole seconds (RFC 4271 section 4.2; gobgpd turns zero into its default)', () => {
    const values = ['3s', '3000ms', '65535s'].map(readHoldTime);
    expect(values).toStrictEqual([{ value: 3 }, { value: 3 }, { value: 65_535 }]);
    for (const text of ['0s', '1s', '2s', '2999ms', '3500ms', '65536s', '9']) {
      expect(readHoldTime(text)).toHaveProperty('expected');
    }
  });
});

describe('a prefix to serve addresses of', () => {
  test.each(['10.99.66.0/23', '10.0.0.0/8', '192.0.2.1/32', 'fd99:66::/112', '2001:db8::/64', '2001:db8::1/128'])(
    'may be %s',
    (text) => {
      expect(readRange(text)).toStrictEqual({ value: text });
    },
  );

  test.each([
    ['10.99.66.0', 'a prefix such as 10.99.66.0/23 or fd99:66::/112'],
    ['10.99.066.0/23', 'a prefix such as 10.99.66.0/23 or fd99:66::/112'],
    ['10.99.67.9/23', '10.99.66.0/23 (no bit set behind the prefix length)'],
    ['fd99:66::1/112', 'fd99:66::/112 (no bit set behind the prefix length)'],
    ['fd99:66::/63', 'a prefix length from 64 to 128'],
    ['::/0', 'a prefix length from 64 to 128'],
    ['::/64', 'a prefix outside ::ffff:0:0/96 (IPv4 mapped into IPv6)'],
    ['::ffff:10.99.66.0/119', 'a prefix outside ::ffff:0:0/96 (IPv4 mapped into IPv6)'],
    ['::1/128', 'a prefix outside ::/8 (unspecified, loopback and reserved)'],
    ['fe80::/64', 'a prefix outside fe80::/10 (link-local)'],
    ['febf:ffff::/64', 'a prefix outside fe80::/10 (link-local)'],
    ['ff02::/64', 'a prefix outside ff00::/8 (multicast)'],
    ['0.0.0.0/0', 'a prefix length from 8 to 32'],
    ['10.0.0.0/7', 'a prefix length from 8 to 32'],
    ['0.1.0.0/16', 'a prefix outside 0.0.0.0/8 (this network)'],
    ['127.0.0.0/8', 'a prefix outside 127.0.0.0/8 (loopback)'],
    ['169.254.1.0/24', 'a prefix outside 169.254.0.0/16 (link-local)'],
    ['169.0.0.0/8', 'a prefix outside 169.254.0.0/16 (link-local)'],
    ['239.1.0.0/16', 'a prefix outside 224.0.0.0/4 (multicast)'],
    ['255.255.255.255/32', 'a prefix outside 240.0.0.0/4 (reserved)'],
  ])('is not %s', (text, expected) => {
    expect(readRange(text)).toStrictEqual({ expected });
  });
});

test('a prefix may be written in any of its ways, and is read in one', () => {
  expect(readRange('FD99:0066:0:0::/112')).toStrictEqual({ value: 'fd99:66::/112' });
});

describe('the other texts', () => {
  test.each([
    [
      'an address of a session',
      readSpeakerAddress,
      ['10.22.108.1', '127.0.0.2'],
      ['0.0.0.0', '224.0.0.1', '255.255.255.255', 'fd00::1', 'leaf1', '10.22.108.01'],
    ],
    [
      'a next hop',
      readGlobalIPv6,
      ['fd00:22:108::100', '2001:db8::1'],
      ['fe80::1', 'ff02::1', '::1', '::', '::ffff:10.0.0.1', '10.22.108.100', 'fd00::1/64', ''],
    ],
    [
      'a community',
      readCommunity,
      ['64512:100', '0:0', '65535:65535'],
      ['65536:1', '1:65536', '64512', '1:2:3', 'no-export', '01:1', ''],
    ],
    [
      'a taint key',
      readTaintKey,
      ['ToBeDeletedByClusterAutoscaler', 'node.kubernetes.io/out-of-service', 'a', 'example.com/A_b-c.d'],
      ['', 'a:NoSchedule', 'a=b', 'a/b/c', '/a', 'a/', '-a', 'a-', 'Example.com/a', 'x'.repeat(64), 'a b'],
    ],
    [
      'a namespace',
      readNamespace,
      ['fairlead', 'a', '0-1', 'x'.repeat(63)],
      ['', '-a', 'a-', 'A', 'a.b', 'x'.repeat(64)],
    ],
    ['a path', readPath, ['/etc/fairlead'], ['etc', './x', '', '/a\0b']],
    [
      'a socket path',
      readSocketPath,
      ['/run/a.sock', `/${'x'.repeat(106)}`],
      [`/${'x'.repeat(107)}`, 'run/a.sock', '@abstract'],
    ],
    [
      'a loopback endpoint',
      readLoopbackEndpoint,
      ['127.0.0.1:9466', '127.8.0.1:1', '[::1]:65535'],
      [
        '0.0.0.0:9466',
        '10.22.108.100:9466',
        'localhost:80',
        '::1:80',
        '[127.0.0.1]:80',
        '[::]:80',
        '127.0.0.1:0',
        '127.0.0.1:65536',
        '127.0.0.1',
        ':9466',
      ],
    ],
    [
      'a gobgp target',
      readGobgpTarget,
      ['unix:///run/g.sock', '127.0.0.1:50051', '[::1]:50051'],
      [
        'unix://run/g.sock',
        'unix:/run/g.sock',
        '0.0.0.0:50051',
        '10.22.108.100:50051',
        ':50051',
        'dns:///gobgp:50051',
        '',
      ],
    ],
  ] as const)('%s', (_title, read, good, bad) => {
    for (const text of good) expect(read(text)).toStrictEqual({ value: text });
    for (const text of bad) expect(read(text), text).toHaveProperty('expected');
  });

  test('whole seconds are those, within bounds', () => {
    const read = wholeSecondsBetween('3s', '5m');
    expect(['3s', '4000ms', '5m'].map(read)).toStrictEqual([{ value: 3000 }, { value: 4000 }, { value: 300_000 }]);
    for (const text of ['2s', '3500ms', '301s', '15', '']) {
      expect(read(text)).toStrictEqual({ expected: 'whole seconds from 3s to 5m' });
    }
  });

  test('never throw', () => {
    const readers = [
      readSpeakerAddress,
      readRange,
      readCommunity,
      readLoopbackEndpoint,
      readGobgpTarget,
      readHoldTime,
      readScheduling,
      readTaintKey,
    ];
    fc.assert(fc.property(fc.string(), (text) => readers.forEach((read) => void read(text))));
  });
});
