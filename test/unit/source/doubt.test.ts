import { expect, test } from 'vitest';
import { doubtOf } from '../../../src/source/doubt.ts';

const GOOD = { known: 100, named: 100, newest: '1000', resourceVersion: '1000' };

test.each([
  ['all that was known', {}],
  ['more than was known', { named: 300 }],
  ['half of what was known', { named: 50 }],
  ['one of few', { known: 9, named: 1 }],
  ['nothing, where nothing was known', { known: 0, named: 0 }],
  ['something, where no version was known', { newest: undefined }],
  ['a version that cannot be compared', { resourceVersion: 'abc' }],
  ['a version behind one that cannot be compared', { newest: 'abc' }],
])('a reading that names %s is believed', (_title, part) => {
  expect(doubtOf({ ...GOOD, ...part })).toBeUndefined();
});

test.each([
  [{ known: 1, named: 0 }, 'an empty list, where 1 objects were known'],
  [{ named: 49 }, 'a list of 49 objects, where 100 were known'],
  [{ resourceVersion: '999' }, 'a list of version 999, where 1000 was known'],
])('a reading of %j is doubted', (part, why) => {
  expect(doubtOf({ ...GOOD, ...part })).toBe(why);
});
