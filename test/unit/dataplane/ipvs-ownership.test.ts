import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ownerOf } from '../../../src/dataplane/ipvs/ownership.ts';
import { addressBytes, formatAddress, parsePrefix, prefixAddress, prefixContains } from '../../../src/model/address.ts';

test.each<[string, boolean]>([
  ['10.99.66.0', true],
  ['10.99.67.255', true],
  ['10.99.68.0', false],
  ['10.99.65.255', false],
  ['203.0.113.7', true],
  ['203.0.113.8', false],
  ['fd99:66::ffff', true],
  ['fd99:66::1:0', false],
  ['::a63:4200', false],
])('of 10.99.66.0/23, 203.0.113.7/32 and fd99:66::/112, %s is ours: %s', (address, expected) => {
  expect(ownerOf(['10.99.66.0/23', '203.0.113.7/32', 'fd99:66::/112'])(address)).toBe(expected);
});

test('without prefixes nothing is ours', () => {
  expect(ownerOf([])('10.99.66.1')).toBe(false);
  expect(ownerOf([])('fd99:66::1')).toBe(false);
});

const address = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
);
const prefix = fc.tuple(address, fc.nat(128)).map(([bytes, length]) => {
  const text = `${formatAddress(bytes)}/${Math.min(length, bytes.length * 8)}`;
  return parsePrefix(text) ?? text;
});

/** An address that differs in one bit, so that it is near the edge of a prefix. */
function flipped(text: string, bit: number): string {
  const bytes = Uint8Array.from(addressBytes(text));
  const at = (bit >> 3) % bytes.length;
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit & 7));
  return formatAddress(bytes);
}

test('property: an address is ours where a prefix contains it', () => {
  fc.assert(
    fc.property(fc.array(prefix, { minLength: 1, maxLength: 4 }), address, fc.nat(127), (prefixes, random, bit) => {
      const owns = ownerOf(prefixes);
      const networks = prefixes.map(prefixAddress);
      for (const one of [formatAddress(random), ...networks, ...networks.map((text) => flipped(text, bit))]) {
        expect(owns(one)).toBe(prefixes.some((range) => prefixContains(range, one)));
      }
    }),
  );
});
