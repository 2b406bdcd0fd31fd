import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  durationBetween,
  parseDuration,
  readLabelKey,
  readLabelValue,
  readLoopbackEndpoint,
  readNamespace,
  readNodeName,
  readPath,
  readScheduling,
  readServerName,
  readSocketPath,
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
});

describe('the other texts', () => {
  test.each([
    [
      'a taint key',
      readTaintKey,
      ['ToBeDeletedByClusterAutoscaler', 'node.kubernetes.io/out-of-service', 'a', 'example.com/A_b-c.d'],
      ['', 'a:NoSchedule', 'a=b', 'a/b/c', '/a', 'a/', '-a', 'a-', 'Example.com/a', 'x'.repeat(64), 'a b'],
    ],
    [
      'the key of a label',
      readLabelKey,
      ['role', 'topology.kubernetes.io/rack', 'node-role.kubernetes.io/lb'],
      ['', 'role=lb', 'a/b/c', '/a', '-a', 'x'.repeat(64)],
    ],
    ['the value of a label', readLabelValue, ['', 'lb', 'A_b-c.d', '1'], ['a b', '-a', 'a/b', 'x'.repeat(64)]],
    [
      'the name of a node',
      readNodeName,
      ['lb-1', 'lb-1.example.org', '1', 'x'.repeat(253)],
      ['', 'LB-1', 'lb_1', '-a', 'a.', 'x'.repeat(254)],
    ],
    ['a name in a certificate', readServerName, ['gobgp', 'gobgp.example.org'], ['', '*.example.org', 'a b']],
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
      readLabelKey,
      readLabelValue,
      readNodeName,
      readServerName,
      readLoopbackEndpoint,
      readScheduling,
      readTaintKey,
    ];
    fc.assert(fc.property(fc.string(), (text) => readers.forEach((read) => void read(text))));
  });
});
