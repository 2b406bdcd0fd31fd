import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineSplitter, parseWatchLine } from '../../../src/source/watch-line.ts';

const line = (type: string, object: object) => parseWatchLine(JSON.stringify({ type, object }));
const web = { metadata: { namespace: 'shop', name: 'web', resourceVersion: '7' } };

describe('a line of a watch', () => {
  test.each(['ADDED', 'MODIFIED'])('%s is a change', (type) => {
    expect(line(type, web)).toStrictEqual({ type: 'changed', key: 'shop/web', object: web, resourceVersion: '7' });
  });

  test('DELETED names the object', () => {
    expect(line('DELETED', web)).toStrictEqual({ type: 'deleted', key: 'shop/web', resourceVersion: '7' });
  });

  test('BOOKMARK needs no name', () => {
    expect(line('BOOKMARK', { metadata: { resourceVersion: '9' } })).toStrictEqual({
      type: 'bookmark',
      resourceVersion: '9',
      complete: false,
    });
  });

  test.each([
    ['true', true],
    ['false', false],
    [true, false],
  ])('BOOKMARK with the annotation initial-events-end=%j', (written, complete) => {
    const annotations = { 'k8s.io/initial-events-end': written };
    expect(line('BOOKMARK', { metadata: { resourceVersion: '9', annotations } })).toMatchObject({ complete });
  });

  test.each([{ code: 410 }, { reason: 'Expired' }, { reason: 'Gone' }])('ERROR with %j calls for a list', (status) => {
    expect(line('ERROR', { ...status, message: 'too old' })).toStrictEqual({ type: 'expired', reason: 'too old' });
  });

  test('any other ERROR is a failure, which may name a delay', () => {
    expect(line('ERROR', { code: 500, message: 'x' })).toStrictEqual({
      type: 'failed',
      reason: '500: x',
      retryAfterMs: 0,
    });
    const status = { code: 429, message: 'x', details: { retryAfterSeconds: 3 } };
    expect(line('ERROR', status)).toMatchObject({ retryAfterMs: 3000 });
  });

  test.each([
    '',
    '{',
    'null',
    '7',
    '[]',
    '{}',
    '{"type":"ADDED"}',
    '{"type":"ADDED","object":null}',
    '{"type":"ADDED","object":{"metadata":{"name":"a"}}}',
    '{"type":"ADDED","object":{"metadata":{"resourceVersion":"1"}}}',
    '{"type":"X","object":{"metadata":{"name":"a","resourceVersion":"1"}}}',
    '{"type":"BOOKMARK","object":{}}',
  ])('%j is odd', (text) => {
    expect(parseWatchLine(text).type).toBe('odd');
  });

  test('nothing throws', () => {
    fc.assert(fc.property(fc.json(), fc.string(), (json, text) => void [parseWatchLine(json), parseWatchLine(text)]));
    fc.assert(
      fc.property(fc.string(), fc.jsonValue(), (type, object) => void parseWatchLine(JSON.stringify({ type, object }))),
    );
  });
});

describe('a stream of bytes', () => {
  test('gives the same lines however it is cut', () => {
    const lines = fc.array(
      fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes('\n') && text.isWellFormed()),
    );
    const property = fc.property(lines, fc.integer({ min: 1, max: 7 }), (expected, size) => {
      const bytes = Buffer.from(expected.map((text) => `${text}\n`).join(''));
      const splitter = new LineSplitter();
      const found = [];
      for (let at = 0; at < bytes.length; at += size) found.push(...splitter.push(bytes.subarray(at, at + size)));
      expect(found).toStrictEqual(expected);
    });
    fc.assert(property);
  });

  test('keeps what is not complete, and leaves out empty lines', () => {
    const splitter = new LineSplitter();
    expect(splitter.push(Buffer.from('\n\na\nb'))).toStrictEqual(['a']);
    expect(splitter.push(Buffer.from(''))).toStrictEqual([]);
    expect(splitter.push(Buffer.from('c\n'))).toStrictEqual(['bc']);
  });

  test('does not grow for ever', () => {
    const splitter = new LineSplitter(10);
    expect(splitter.push(Buffer.from('123456789\n123'))).toStrictEqual(['123456789']);
    expect(() => splitter.push(Buffer.from('45678901'))).toThrow('a line of more than 10 bytes');
  });
});
