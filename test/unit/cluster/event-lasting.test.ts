import { expect, test } from 'vitest';
import { begun, ended, lasted, type Lasting, LASTS_MS, untilLasted } from '../../../src/cluster/event-lasting.ts';
import type { NodeEvent } from '../../../src/cluster/node-event.ts';

const event = (key: string): NodeEvent => ({ key, reason: key, type: 'Warning', message: key });
const at = (ms: number) => ({ at: ms, time: 1_700_000_000_000 + ms });
const NONE: Lasting = new Map();
const BOTH = begun(begun(NONE, event('a'), at(0)), event('b'), at(10));

test('what lasts is told, with when it began', () => {
  expect(untilLasted(BOTH, 0)).toBe(LASTS_MS);
  const { rest, told } = lasted(BOTH, LASTS_MS);
  expect([...told.values()]).toStrictEqual([{ event: event('a'), since: at(0) }]);
  expect(untilLasted(rest, LASTS_MS)).toBe(10);
  expect([...lasted(rest, LASTS_MS + 10).told.keys()]).toStrictEqual(['b']);
});

test('what is over sooner is not told', () => {
  expect([...lasted(ended(BOTH, 'a'), LASTS_MS + 10).told.keys()]).toStrictEqual(['b']);
});

test('what is over and begins again has to last again', () => {
  const again = begun(ended(BOTH, 'a'), event('a'), at(20));
  expect([...lasted(again, LASTS_MS + 10).told.keys()]).toStrictEqual(['b']);
});

test('what begins once more has begun now, and what is older comes first', () => {
  const again = begun(BOTH, event('a'), at(20));
  expect(untilLasted(again, 0)).toBe(LASTS_MS + 10);
  expect([...lasted(again, LASTS_MS + 10).told.keys()]).toStrictEqual(['b']);
});

test('where there is nothing, nothing is waited for', () => {
  expect(untilLasted(NONE, 0)).toBe(Number.POSITIVE_INFINITY);
  expect(untilLasted(BOTH, 10 * LASTS_MS)).toBe(0);
});
