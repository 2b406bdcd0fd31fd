import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isLocalTarget,
  readAccepted,
  readCommunity,
  readConnectRetry,
  readGlobalIPv6,
  readGobgpTarget,
  readHoldTime,
  readIPv4,
  readKeepalive,
  readLargeCommunity,
  readRange,
  readRestartTime,
  readSpeakerAddress,
  readStandingCommunity,
} from '../../../src/config/read-bgp.ts';

describe('a duration', () => {
  test('of a hold time is at least three whole seconds (RFC 4271 section 4.2; gobgpd turns zero into its default)', () => {
    const values = ['3s', '3000ms', '65535s'].map(readHoldTime);
    expect(values).toStrictEqual([{ value: 3 }, { value: 3 }, { value: 65_535 }]);
    for (const text of ['0s', '1s', '2s', '2999ms', '3500ms', '65536s', '9']) {
      expect(readHoldTime(text)).toHaveProperty('expected');
    }
  });

  test.each([
    ['between keepalives', readKeepalive, ['1s', '21845s'], ['0s', '500ms', '21846s']],
    ['between attempts to connect', readConnectRetry, ['1s', '5m'], ['0s', '1500ms', '301s']],
    ['of a graceful restart (RFC 4724: 12 bits)', readRestartTime, ['1s', '4095s'], ['0s', '4096s', '30']],
  ] as const)('%s is whole seconds within bounds', (_title, read, good, bad) => {
    for (const text of good) expect(read(text)).toHaveProperty('value');
    for (const text of bad) expect(read(text), text).toHaveProperty('expected');
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
      ['10.22.108.1', '127.0.0.2', 'fd00::1', '2001:db8::1'],
      [
        '0.0.0.0',
        '224.0.0.1',
        '255.255.255.255',
        'leaf1',
        '10.22.108.01',
        'fe80::1',
        'fe80::1%eth0',
        '::1',
        'ff02::1',
        '',
      ],
    ],
    ['a router id', readIPv4, ['10.22.108.100', '127.0.0.9'], ['0.0.0.1', '224.0.0.1', 'fd00::1', '64512', '']],
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
      'a community that a path may always have',
      readStandingCommunity,
      ['64512:100', '65535:1', '65535:65281'],
      ['65535:0', '64512', ''],
    ],
    [
      'a large community (RFC 8092)',
      readLargeCommunity,
      ['64512:1:2', '0:0:0', '4294967295:4294967295:4294967295'],
      ['64512:1', '4294967296:0:0', '0:4294967296:0', '0:0:4294967296', '64512:01:2', '64512:1:2:3', '64512:-1:2', ''],
    ],
    [
      'a prefix that may come in',
      readAccepted,
      ['0.0.0.0/0', '::/0', '10.0.0.0/7', 'fd00::/8', '192.0.2.1/32'],
      ['0.0.0.0', '10.0.0.1/8', '0.0.0.0/33', 'default', ''],
    ],
    [
      'a gobgp target',
      readGobgpTarget,
      ['unix:///run/g.sock', '127.0.0.1:50051', '[::1]:50051', '10.22.108.100:50051', '[fd00::1]:50051'],
      ['unix://run/g.sock', 'unix:/run/g.sock', ':50051', 'dns:///gobgp:50051', 'gobgp:50051', ''],
    ],
  ] as const)('%s', (_title, read, good, bad) => {
    for (const text of good) expect(read(text)).toStrictEqual({ value: text });
    for (const text of bad) expect(read(text), text).toHaveProperty('expected');
  });

  test('never throw', () => {
    const readers = [
      readAccepted,
      readGlobalIPv6,
      readGobgpTarget,
      readHoldTime,
      readIPv4,
      readLargeCommunity,
      readRange,
      readSpeakerAddress,
      readStandingCommunity,
    ];
    fc.assert(fc.property(fc.string(), (text) => readers.forEach((read) => void read(text))));
  });
});

test.each([
  ['unix:///run/g.sock', true],
  ['127.8.0.1:50051', true],
  ['[::1]:50051', true],
  ['0.0.0.0:50051', false],
  ['10.22.108.100:50051', false],
  ['[fd00::1]:50051', false],
])('whether %s can be reached from this node only: %s', (target, local) => {
  expect(isLocalTarget(target)).toBe(local);
});
