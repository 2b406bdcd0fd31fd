import { pino } from 'pino';
import { beforeEach, describe, expect, test } from 'vitest';
import { noBulletin } from '../../../src/cluster/node-bulletin.ts';
import { Journal } from '../../../src/agent/journal.ts';
import type { Condition } from '../../../src/model/condition.ts';
import type { Skipped } from '../../../src/model/snapshot.ts';
import type { Transition } from '../../../src/model/transition.ts';

let lines: Record<string, unknown>[];
let told: Transition[];
let journal: Journal;

beforeEach(() => {
  lines = [];
  told = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as Record<string, unknown>);
  journal = new Journal({
    log: pino({ base: null, timestamp: false }, { write }),
    bulletin: { ...noBulletin, happened: (transition) => void told.push(transition) },
    legacy: undefined,
  });
});

const events = (): string[] => lines.splice(0).map(({ event, code }) => [event, code].filter(Boolean).join(' '));
const FAILED: Condition = { code: 'probe-failed', detail: '10.99.66.10:80 timed-out' };
const down = (address: string, state = 'active'): Condition => ({
  code: 'peer-down',
  detail: `${address} is ${state}`,
});

describe('conditions', () => {
  test.each([
    'own-check-failed',
    'check-broken',
    'peer-unresolved',
    'peer-flapping',
    'bfd-down',
    'bfd-unsupported',
    'path-not-accepted',
  ] as const)('%s is told for each subject by itself', (code) => {
    const of = (name: string, detail: string): Condition => ({ code, detail: `${name}: ${detail}` });
    journal.conditions([of('dns', 'timed out'), of('web', 'status 500')]);
    expect(events()).toStrictEqual([`condition-raised ${code}`, `condition-raised ${code}`]);
    journal.conditions([of('dns', 'refused')]);
    expect(events()).toStrictEqual([`condition-cleared ${code}`]);
  });

  test('are told when they come and when they go, not while they last', () => {
    journal.conditions([FAILED]);
    expect(events()).toStrictEqual(['condition-raised probe-failed']);
    journal.conditions([{ ...FAILED, detail: '10.99.66.11:80 timed-out' }]);
    expect(events()).toStrictEqual([]);
    journal.conditions([]);
    expect(events()).toStrictEqual(['condition-cleared probe-failed']);
    journal.conditions([]);
    expect(events()).toStrictEqual([]);
  });

  test('that are raised are warnings with the detail, those that clear are not', () => {
    journal.conditions([FAILED]);
    journal.conditions([]);
    expect(lines).toStrictEqual([
      { level: 40, event: 'condition-raised', ...FAILED, msg: 'probe-failed' },
      { level: 30, event: 'condition-cleared', code: 'probe-failed', msg: 'probe-failed is over' },
    ]);
  });

  test('of two peers are two, and another session state of one is no news', () => {
    journal.conditions([down('10.22.108.1'), down('10.22.108.2')]);
    expect(events()).toHaveLength(2);
    journal.conditions([down('10.22.108.1', 'idle')]);
    expect(events()).toStrictEqual(['condition-cleared peer-down']);
  });
});

test('an announcement and a withdrawal name the prefixes, the withdrawal its reason', () => {
  journal.announcement({ state: 'announced', since: 0 }, ['10.99.66.0/23']);
  journal.announcement({ state: 'withdrawn', since: 0, reason: 'probe-failed', detail: 'why' }, ['10.99.66.0/23']);
  const prefixes = ['10.99.66.0/23'];
  expect(lines).toStrictEqual([
    { level: 30, event: 'announced', prefixes, msg: 'announcing' },
    {
      level: 30,
      event: 'withdrawn',
      reason: 'probe-failed',
      detail: 'why',
      prefixes,
      msg: 'withdrawn: probe-failed',
    },
  ]);
});

describe('a pass', () => {
  const SKIPPED: Skipped = { object: 'Service default/web', reason: 'no-endpoints', detail: 'no EndpointSlice' };

  test('that changes nothing says nothing', () => {
    journal.pass([{ part: 'ipvs', changes: [], problems: ['still to do'] }], []);
    expect(lines).toStrictEqual([]);
  });

  test('names ten changes of a part and counts them all', () => {
    const changes = Array.from({ length: 4000 }, (_, i) => `add-service ${i}`);
    journal.pass([{ part: 'ipvs', changes, problems: [] }], []);
    expect(lines).toMatchObject([
      { event: 'kernel-changed', part: 'ipvs', count: 4000, changes: changes.slice(0, 10) },
    ]);
  });

  test('tells of an object that is left out once, and again when it has been well in between', () => {
    journal.pass([], [SKIPPED]);
    journal.pass([], [SKIPPED]);
    journal.pass([], [{ ...SKIPPED, detail: 'no usable endpoint' }]);
    expect(lines).toMatchObject([{ event: 'object-skipped', ...SKIPPED }]);
    journal.pass([], []);
    journal.pass([], [SKIPPED]);
    expect(lines).toHaveLength(2);
  });
});

test('a withdrawal that nobody confirms is an error', () => {
  journal.stopping(true);
  journal.stopping(false);
  expect(lines.map(({ level, event }) => [level, event])).toStrictEqual([
    [30, 'withdrawal-sent'],
    [50, 'withdrawal-unconfirmed'],
  ]);
});

describe('whoever else is to know is told', () => {
  test('of each announcement and each stage of a drain, as it is', () => {
    const announcement = { state: 'announced', since: 0 } as const;
    journal.announcement(announcement, ['10.99.66.0/23']);
    journal.drain(undefined, undefined);
    expect(told).toStrictEqual([
      { kind: 'announcement', announcement, prefixes: ['10.99.66.0/23'] },
      { kind: 'drain', drain: undefined },
    ]);
  });

  test('of a condition once when it comes and once when it goes, with what it is about', () => {
    for (const active of [[FAILED, down('10.22.108.1')], [down('10.22.108.1', 'idle')], [], []])
      journal.conditions(active);
    expect(told).toStrictEqual([
      { kind: 'condition-raised', condition: FAILED, subject: '' },
      { kind: 'condition-raised', condition: down('10.22.108.1'), subject: '10.22.108.1' },
      { kind: 'condition-cleared', condition: FAILED, subject: '' },
      { kind: 'condition-cleared', condition: down('10.22.108.1', 'idle'), subject: '10.22.108.1' },
    ]);
  });

  test('and of nothing else', () => {
    journal.pass([{ part: 'ipvs', changes: ['add'], problems: [] }], []);
    journal.stopping(true);
    expect(told).toStrictEqual([]);
  });
});
