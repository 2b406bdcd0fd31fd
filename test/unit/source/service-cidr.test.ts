import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeServiceCidr } from '../../../src/source/service-cidr.ts';

const object = (cidrs: unknown, metadata: object = {}) => ({
  metadata: { name: 'extra', ...metadata },
  spec: { cidrs },
});

describe('a ServiceCIDR', () => {
  test.each([
    ['of one prefix', ['10.99.66.0/23'], ['10.99.66.0/23']],
    ['of both families', ['10.99.66.0/23', 'FD99:66:0::/112'], ['10.99.66.0/23', 'fd99:66::/112']],
    ['of a single address', ['10.99.66.7/32'], ['10.99.66.7/32']],
  ])('%s', (_title, cidrs, prefixes) => {
    expect(decodeServiceCidr(object(cidrs))).toStrictEqual({ value: { name: 'extra', prefixes }, skipped: [] });
  });

  test('that is being deleted counts until it is gone', () => {
    const doomed = object(['10.99.66.0/23'], { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['x'] });
    expect(decodeServiceCidr(doomed).value?.prefixes).toStrictEqual(['10.99.66.0/23']);
  });

  test.each([
    ['without cidrs', undefined, 'spec.cidrs is nothing; expected a list of at least one prefix'],
    ['with none', [], 'spec.cidrs is a list; expected a list of at least one prefix'],
    [
      'with a text for a list',
      '10.99.66.0/23',
      'spec.cidrs is "10.99.66.0/23"; expected a list of at least one prefix',
    ],
    ['with a number', [10], 'spec.cidrs has 10; expected a prefix such as 10.99.66.0/23'],
    ['with nothing in the list', [null], 'spec.cidrs has nothing; expected a prefix such as 10.99.66.0/23'],
    ['with a mapping', [{}], 'spec.cidrs has a mapping; expected a prefix such as 10.99.66.0/23'],
    ['with an address', ['10.99.66.0'], 'spec.cidrs has "10.99.66.0"; expected a prefix such as 10.99.66.0/23'],
    [
      'with a length too long',
      ['10.99.66.0/33'],
      'spec.cidrs has "10.99.66.0/33"; expected a prefix such as 10.99.66.0/23',
    ],
    [
      'with a leading zero',
      ['010.99.66.0/23'],
      'spec.cidrs has "010.99.66.0/23"; expected a prefix such as 10.99.66.0/23',
    ],
    [
      'with bits behind the length',
      ['10.99.66.1/23'],
      'spec.cidrs has "10.99.66.1/23"; expected 10.99.66.0/23 (no bit set behind the prefix length)',
    ],
  ])('%s is left out by name', (_title, cidrs, detail) => {
    const skipped = [{ object: 'ServiceCIDR extra', reason: 'object-invalid', detail }];
    expect(decodeServiceCidr(object(cidrs))).toStrictEqual({ value: undefined, skipped });
  });

  test('goes on without the prefix that is bad', () => {
    const { skipped, value } = decodeServiceCidr(object(['10.99.66.1/23', 'fd99:66::/112']));
    expect(value?.prefixes).toStrictEqual(['fd99:66::/112']);
    expect(skipped).toHaveLength(1);
  });

  test.each([[undefined], [null], [7], ['text'], [[]], [{}], [{ metadata: { name: 7 } }]])('%j is none', (raw) => {
    expect(decodeServiceCidr(raw)).toMatchObject({ value: undefined, skipped: [{ object: 'ServiceCIDR' }] });
  });

  test('never throws, and gives nothing that is no canonical prefix', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (any, cidrs) => {
        decodeServiceCidr(any);
        expect(decodeServiceCidr(object(cidrs)).value?.prefixes.every((one) => one.includes('/')) ?? true).toBe(true);
      }),
    );
  });
});
