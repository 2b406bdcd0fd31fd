import { describe, expect, test } from 'vitest';
import { parseScheduling } from '../../../src/model/scheduling.ts';

describe('a scheduler with its flags', () => {
  test.each([
    ['rr', 'rr', []],
    ['mh', 'mh', []],
    ['mh,mh-port', 'mh', ['port']],
    ['mh,mh-port,mh-fallback', 'mh', ['fallback', 'port']],
    ['mh,mh-fallback,mh-port', 'mh', ['fallback', 'port']],
    ['sh,sh-fallback', 'sh', ['fallback']],
  ])('%s', (text, scheduler, flags) => {
    expect(parseScheduling(text)).toStrictEqual({ scheduler, flags });
  });

  test.each([
    '',
    'random',
    'RR',
    ' rr',
    'rr,',
    'rr,rr-port',
    'mh,port',
    'mh,sh-port',
    'mh,mh-port,mh-port',
    'mh, mh-port',
    'mh-port',
    'mh,mh-port,',
  ])('is not %j', (text) => {
    expect(parseScheduling(text)).toBeUndefined();
  });
});
