import { isIPv4, isIPv6 } from 'node:net';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addressBytes,
  familyOf,
  formatAddress,
  hostPrefix,
  isHostPrefix,
  parseAddress,
  parsePrefix,
  prefixAddress,
  prefixContains,
  prefixesOverlap,
  prefixLength,
} from '../../../src/model/address.ts';

const ipv4 = fc.ipV4();
const ipv6 = fc.ipV6();
const bytes6 = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => Uint8Array.from(bytes, (byte) => (byte < 128 ? 0 : byte)));
const prefix4 = fc
  .tuple(ipv4, fc.integer({ min: 0, max: 32 }))
  .map(([address, length]) => parsePrefix(`${address}/${length}`) ?? '');
const prefix6 = fc
  .tuple(ipv6, fc.integer({ min: 0, max: 128 }))
  .map(([address, length]) => parsePrefix(`${address}/${length}`) ?? '');

const bits = (address: string) => [...addressBytes(address)].map((byte) => byte.toString(2).padStart(8, '0')).join('');

/** The canonical form by another implementation: what WHATWG's URL makes of a host. */
const byUrl = (text: string) => new URL(`http://[${text}]`).hostname.slice(1, -1);

describe('an address', () => {
  test('of IPv4 is its own canonical form', () => {
    fc.assert(fc.property(ipv4, (text) => parseAddress(text) === text));
  });

  test('of IPv6 has the canonical form that URL gives it (RFC 5952)', () => {
    fc.assert(
      fc.property(ipv6, (text) => parseAddress(text) === byUrl(text)),
      { numRuns: 500 },
    );
    fc.assert(fc.property(bytes6, (bytes) => formatAddress(bytes) === byUrl(formatAddress(bytes))));
  });

  test('is read from its bytes as it was written to them', () => {
    const address = fc.oneof(ipv4, bytes6.map(formatAddress));
    fc.assert(fc.property(address, (text) => formatAddress(addressBytes(text)) === text));
  });

  test.each([
    ['2001:DB8:0:0:8:800:200C:417A', '2001:db8::8:800:200c:417a'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['::ffff:10.1.2.3', '::ffff:a01:203'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
  ])('%s is %s', (text, canonical) => {
    expect(parseAddress(text)).toBe(canonical);
  });

  test.each([
    '',
    '10.99.66',
    '10.99.66.1.2',
    '010.0.0.1',
    '10.0.0.256',
    '10.0.0.-1',
    ' 10.0.0.1',
    '0x7f.0.0.1',
    '1e1.0.0.1',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    'fe80::1%eth0',
    '12345::',
    'g::',
    '::1.2.3',
    '10.0.0.1::',
    '1.2.3.4:5::',
    '[::1]',
    '::/0',
  ])('%j is none', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });

  test('is one exactly where node:net says so, apart from zones', () => {
    const part = fc.constantFrom(
      '0',
      '1',
      '01',
      '255',
      '256',
      'ffff',
      '1ffff',
      'G',
      '',
      ':',
      '::',
      '.',
      '1.2.3.4',
      ' ',
    );
    const text = fc.oneof(
      fc.array(part, { maxLength: 12 }).map((parts) => parts.join('')),
      fc.array(part, { minLength: 8, maxLength: 8 }).map((parts) => parts.join(':')),
      fc.array(part, { minLength: 4, maxLength: 4 }).map((parts) => parts.join('.')),
    );
    const property = fc.property(text, (one) => {
      expect(parseAddress(one) !== undefined, one).toBe(isIPv4(one) || isIPv6(one));
    });
    fc.assert(property, { numRuns: 2000 });
  });

  test('is asked for its bytes in canonical form only', () => {
    expect(() => addressBytes('web')).toThrow('expected a canonical address, got "web"');
  });
});

describe('a prefix', () => {
  test.each([
    ['10.99.67.9/23', '10.99.66.0/23'],
    ['10.99.66.7/32', '10.99.66.7/32'],
    ['10.99.66.7/0', '0.0.0.0/0'],
    ['FD99:66::1/112', 'fd99:66::/112'],
    ['fd99::1/0', '::/0'],
  ])('%s is %s', (text, canonical) => {
    expect(parsePrefix(text)).toBe(canonical);
  });

  test.each([
    '',
    '/',
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.0/1e1',
    '::/129',
    '/8',
  ])('%j is none', (text) => {
    expect(parsePrefix(text)).toBeUndefined();
  });

  test('has an address and a length', () => {
    expect([prefixAddress('10.99.66.0/23'), prefixLength('10.99.66.0/23')]).toStrictEqual(['10.99.66.0', 23]);
    expect([familyOf('10.99.66.0/23'), familyOf('fd99::/112')]).toStrictEqual(['ipv4', 'ipv6']);
  });

  test('contains what agrees with it in its first bits, and nothing of the other family', () => {
    const property = fc.property(
      fc.oneof(prefix4, prefix6),
      fc.oneof(ipv4, bytes6.map(formatAddress)),
      (prefix, address) => {
        const length = prefixLength(prefix);
        const agrees = bits(prefixAddress(prefix)).slice(0, length) === bits(address).slice(0, length);
        expect(prefixContains(prefix, address)).toBe(familyOf(prefix) === familyOf(address) && agrees);
      },
    );
    fc.assert(property, { numRuns: 500 });
  });

  test('overlaps another one where one contains the other', () => {
    expect(prefixesOverlap('10.99.66.0/23', '10.99.67.0/24')).toBe(true);
    expect(prefixesOverlap('10.99.66.0/24', '10.99.67.0/24')).toBe(false);
    expect(prefixesOverlap('0.0.0.0/0', '::/0')).toBe(false);
    fc.assert(fc.property(prefix4, prefix4, (a, b) => prefixesOverlap(a, b) === prefixesOverlap(b, a)));
    fc.assert(fc.property(prefix4, (prefix) => prefixesOverlap(prefix, prefix)));
  });
});

test.each([
  ['192.0.2.1', '192.0.2.1/32'],
  ['2001:db8::1', '2001:db8::1/128'],
])('the prefix of the single address %s is %s', (address, prefix) => {
  expect(hostPrefix(address)).toBe(prefix);
  expect(isHostPrefix(prefix)).toBe(true);
});

test.each(['192.0.2.0/31', '0.0.0.0/0', '2001:db8::/32', '2001:db8::/12'])('%s is no single address', (prefix) => {
  expect(isHostPrefix(prefix)).toBe(false);
});
