import { expect, test } from 'vitest';
import { demandOrder } from '../../../src/source/failure.ts';

test.each([
  ['a newer one', '11', '10'],
  ['the same one again', '10', '10'],
  ['the first one', '1', undefined],
  ['one that cannot be compared', 'abc', '10'],
  ['one behind what cannot be compared', '9', 'abc'],
])('events come in order: %s', (_title, version, last) => {
  expect(() => demandOrder(version, last)).not.toThrow();
});

test('an event that is older than the one before it is out of order, by number and not by text', () => {
  expect(() => demandOrder('9', '10')).toThrow('an event of version 9 behind one of version 10');
});
