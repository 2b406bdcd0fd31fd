import { describe, expect, test } from 'vitest';
import { describeDrain, drainProgress, undrainProgress } from '../../../src/cli/follow.ts';
import type { Drain } from '../../../src/model/drain.ts';
import type { Announcement } from '../../../src/model/status.ts';

const AT = 1_700_000_000_000;
const DEPRIORITISED: Drain = {
  stage: 'deprioritised',
  by: ['order'],
  startedAt: AT - 3000,
  since: AT - 3000,
  deadline: AT + 22_000,
  connections: 12,
  silent: false,
  waiting: 'new connections to end',
  turn: { step: 'drains', number: 1 },
  took: {},
};
const WITHDRAWN_NOW: Drain = { ...DEPRIORITISED, stage: 'withdrawn', since: AT, waiting: '12 connections to end' };
const DRAINED: Drain = { ...DEPRIORITISED, stage: 'drained', since: AT + 9400, connections: 0, waiting: '' };
const WAITING: Drain = { ...DEPRIORITISED, stage: 'waiting', waiting: 'its turn: lb-2 drains' };
const FULL: Announcement = { state: 'announced', since: AT };
const LOW: Announcement = { state: 'deprioritised', since: AT, reason: 'draining', detail: 'asked to' };

const seen = (drain: Drain | undefined, at = AT, announcement: Announcement = LOW) => ({ announcement, at, drain });

describe('how far a drain is, in one line', () => {
  test.each<[string, Drain]>([
    ['deprioritised, 12 connections open, waits for new connections to end, 22 s left', DEPRIORITISED],
    ['withdrawn, waits for 12 connections to end, 22 s left', WITHDRAWN_NOW],
    ['waits for its turn: lb-2 drains', WAITING],
    ['drained in 12 s: no connection left', DRAINED],
    ['drained in 12 s: 1 connection left', { ...DRAINED, connections: 1 }],
    [
      'drained in 12 s: 2 connections left, and nothing comes in for them',
      { ...DRAINED, connections: 2, silent: true },
    ],
  ])('%s', (line, drain) => {
    expect(describeDrain(drain, AT)).toBe(line);
  });

  test('where connections cannot be counted, it does not make a number up', () => {
    const { connections: _, ...uncounted } = DRAINED;
    expect(describeDrain(uncounted, AT)).toBe('drained in 12 s: an unknown number of connections left');
    expect(drainProgress(seen(uncounted)).code).toBe(0);
  });
});

describe('whoever waits for a drain', () => {
  test.each<[string, Parameters<typeof drainProgress>[0], 0 | 1 | undefined]>([
    ['goes on while it lasts', seen(DEPRIORITISED), undefined],
    ['goes on for as long as it is not its turn: the time does not run', seen(WAITING, AT + 3_600_000), undefined],
    ['goes on a little behind the deadline: the agent decides', seen(WITHDRAWN_NOW, AT + 24_000), undefined],
    ['is told that the time is up', seen(WITHDRAWN_NOW, AT + 26_000), 1],
    ['has what it wanted', seen(DRAINED), 0],
    ['has it too where nothing comes in for what is left', seen({ ...DRAINED, connections: 2, silent: true }), 0],
    ['is told what is left', seen({ ...DRAINED, connections: 2 }), 1],
    ['is told that it was called off', seen(undefined), 1],
  ])('%s', (_, status, code) => {
    expect(drainProgress(status).code).toBe(code);
  });

  test('behind the time it says how far it came', () => {
    expect(drainProgress(seen(DEPRIORITISED, AT + 60_000)).line).toMatch(
      /^the time is up: deprioritised, 12 connections/,
    );
  });
});

describe('whoever waits for the end of one', () => {
  test.each<[string, Parameters<typeof drainProgress>[0], 0 | 1 | undefined, string]>([
    ['goes on until it is announced in full', seen(undefined), undefined, 'deprioritised: draining (asked to)'],
    ['has what it wanted', seen(undefined, AT, FULL), 0, 'announced'],
    ['is told that the time is up', seen(undefined, AT + 2), 1, 'the time is up: deprioritised: draining (asked to)'],
    [
      'is told who else asks for it',
      seen({ ...WITHDRAWN_NOW, by: ['taint a'] }),
      1,
      'still asked for by taint a: withdrawn, waits for 12 connections to end, 22 s left',
    ],
  ])('%s', (_, status, code, line) => {
    expect(undrainProgress(status, AT + 1)).toStrictEqual({ line, code });
  });
});
