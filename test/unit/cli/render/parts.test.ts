import { describe, expect, test } from 'vitest';
import { framed } from '../../../../src/cli/render/frame.ts';
import { bytes, countOf, hanging, whole, wrapped } from '../../../../src/cli/render/text.ts';
import { transitions } from '../../../../src/cli/render/transitions.ts';
import type { Status } from '../../../../src/model/status.ts';
import { STATUS, WITHDRAWN } from '../../http/status.ts';

describe('a text', () => {
  test.each<[string, number, string[]]>([
    ['a bc def', 4, ['a bc', 'def']],
    ['abcdef', 4, ['abcd', 'ef']],
    ['a abcdef b', 4, ['a', 'abcd', 'ef b']],
    ['  a \n b\tc ', 9, ['a b c']],
    ['', 4, ['']],
  ])('%j in lines of %i is %j', (text, width, lines) => {
    expect(wrapped(text, width)).toStrictEqual(lines);
  });

  test('hangs below its first line', () => {
    expect(hanging('a: ', 'bb cc dd', 8)).toStrictEqual(['a: bb cc', '   dd']);
    expect(hanging('', 'bb cc dd', 8, '  ')).toStrictEqual(['bb cc', '  dd']);
  });
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 kB'],
  [9949, '9.9 kB'],
  [9950, '10 kB'],
  [1_234_567, '1.2 MB'],
  [12e9, '12 GB'],
  [5e15, '5000 TB'],
])('%i bytes read as %s', (value, text) => {
  expect(bytes(value)).toBe(text);
});

test('counts have commas, and one is one', () => {
  expect(whole(1_234_567.6)).toBe('1,234,568');
  expect(whole(999)).toBe('999');
  expect([countOf(1, 'peer'), countOf(0, 'peer')]).toStrictEqual(['1 peer', '0 peers']);
});

describe('a frame on a terminal', () => {
  const escape = '\u001B';
  test('is drawn over the one before, and clears what that had more', () => {
    expect(framed(['ab', 'c'], 24)).toBe(`${escape}[Hab${escape}[K\r\nc${escape}[K${escape}[J`);
  });

  test('that is too high says how much of it is missing, in as many lines as there are', () => {
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`);
    const drawn = framed(lines, 24).split('\r\n');
    expect(drawn).toHaveLength(24);
    expect(drawn[22]).toContain('line 22');
    expect(drawn[23]).toContain('... 7 more lines');
    expect(framed(lines, 30).split('\r\n')[29]).toContain('line 29');
  });
});

describe('what has become another', () => {
  test('is nothing where nothing has', () => {
    const later = { ...STATUS, at: STATUS.at + 1000, checks: [] };
    expect(transitions(STATUS, later)).toStrictEqual([]);
  });

  test('at the first look is how things stand', () => {
    expect(transitions(undefined, STATUS)).toStrictEqual([
      'announced: 10.99.66.0/23',
      'raised peer-down (reports): 10.22.108.2 is active',
      'peer 10.22.108.1 established',
      'peer 10.22.108.2 active: hold timer expired',
    ]);
  });

  test('is the announcement, the drain, the conditions and the peers', () => {
    const [first] = STATUS.peers;
    if (first === undefined) throw new Error('expected a peer');
    const now: Status = { ...WITHDRAWN, peers: [{ ...first, state: 'idle', lastError: 'a\nb' }] };
    expect(transitions(STATUS, now)).toStrictEqual([
      'withdrawn: probe-failed: 10.99.66.10:80 timed-out',
      'drain by order: withdrawn',
      'raised probe-failed (withdraws): 10.99.66.10:80 timed-out',
      'cleared peer-down',
      'peer 10.22.108.1 idle: a b',
      'peer 10.22.108.2 no longer a peer',
    ]);
    expect(transitions(WITHDRAWN, { ...WITHDRAWN, drain: undefined })).toStrictEqual([
      'nothing asks for a drain any more',
    ]);
  });

  test('is also another agent, and other ranges', () => {
    const now = { ...STATUS, startedAt: STATUS.startedAt + 1, ranges: ['10.99.80.0/24'] };
    expect(transitions(STATUS, now)).toStrictEqual(['another agent, fairlead 0.1.0', 'announced: 10.99.80.0/24']);
  });
});
