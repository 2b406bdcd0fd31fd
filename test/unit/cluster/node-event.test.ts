import { describe, expect, test } from 'vitest';
import { encodeCount, encodeEvent, eventName, eventOf } from '../../../src/cluster/node-event.ts';
import { camelCase } from '../../../src/cluster/node-words.ts';
import { type ConditionCode, CONDITIONS, PHASES } from '../../../src/model/condition.ts';
import { type Drain, DRAIN_STAGES } from '../../../src/model/drain.ts';
import type { Announcement } from '../../../src/model/status.ts';
import type { Transition } from '../../../src/model/transition.ts';

const PREFIXES = ['10.99.66.0/23', 'fd99:66::/112'] as const;
const announcement = (now: Announcement): Transition => ({
  kind: 'announcement',
  announcement: now,
  prefixes: PREFIXES,
});
const taken = (state: 'deprioritised' | 'withdrawn', reason: ConditionCode | keyof typeof PHASES): Transition =>
  announcement({ state, since: 0, reason, detail: 'why' });
const raised = (code: ConditionCode, subject = ''): Transition => ({
  kind: 'condition-raised',
  condition: { code, detail: 'why' },
  subject,
});
const CODES = Object.keys(CONDITIONS) as ConditionCode[];

describe('an announcement', () => {
  test.each([
    [announcement({ state: 'announced', since: 0 }), 'Normal', 'Announced', 'announcing 10.99.66.0/23, fd99:66::/112'],
    [
      taken('withdrawn', 'range-unbound'),
      'Warning',
      'Withdrawn',
      'range-unbound: why (look at: see `ip route show table local`)',
    ],
    [
      taken('deprioritised', 'uplink-down'),
      'Warning',
      'Deprioritised',
      'uplink-down: why (look at: the detail names the interface: see `ip link`, its cable and the port of the switch)',
    ],
    [taken('withdrawn', 'held-down'), 'Normal', 'HeldDown', 'withdrawn, and all is well again: why'],
    [taken('withdrawn', 'stopping'), 'Normal', 'Withdrawn', 'stopping: why'],
  ])('%j is told as %s %s: %s', (transition, type, reason, message) => {
    expect(eventOf(transition)).toMatchObject({ type, reason, message });
  });

  test.each(['starting', 'draining'] as const)(
    'that is %s is not told: nothing has changed, or the drain tells',
    (one) => {
      expect(eventOf(taken('withdrawn', one))).toBeUndefined();
    },
  );

  test('for another reason is another Event', () => {
    const keys = CODES.map((code) => eventOf(taken('withdrawn', code))?.key);
    expect(new Set([...keys, eventOf(taken('deprioritised', 'probe-failed'))?.key]).size).toBe(CODES.length + 1);
  });
});

describe('a drain', () => {
  const drain: Drain = {
    stage: 'withdrawn',
    by: ['order', 'taint x'],
    startedAt: 0,
    since: 0,
    deadline: 0,
    silent: false,
    waiting: '',
    turn: undefined,
    took: {},
    connections: 3,
  };

  test('is told by its stages, who asks for it, and what is open', () => {
    const told = DRAIN_STAGES.map((stage) => eventOf({ kind: 'drain', drain: { ...drain, stage } }));
    expect(told.map((event) => event?.reason)).toStrictEqual([
      'DrainWaiting',
      'DrainDeprioritised',
      'DrainWithdrawn',
      'Drained',
    ]);
    expect(told.at(-1)).toMatchObject({
      type: 'Normal',
      message: 'nothing is left to wait for, 3 connections (asked for by: order, taint x)',
    });
  });

  test('that is over is told', () => {
    expect(eventOf({ kind: 'drain', drain: undefined })).toMatchObject({ type: 'Normal', reason: 'DrainOver' });
  });
});

describe('a condition', () => {
  test('that only reports is told with its title, detail and hint; one that moves the announcement is told by that', () => {
    const told = CODES.filter((code) => eventOf(raised(code)));
    const reporting = CODES.filter((code) => CONDITIONS[code].effect === 'reports' && code !== 'objects-skipped');
    expect(told).toStrictEqual(reporting);
    expect(eventOf(raised('peer-down'))).toMatchObject({
      type: 'Warning',
      reason: 'PeerDown',
      message:
        'A BGP session is not established. peer-down: why (look at: compare the peering configuration of the switch: addresses, AS numbers, password)',
    });
  });

  test("of an operator's own check goes by the effect that the check has", () => {
    const condition = { code: 'own-check-failed', detail: 'dns: timed out', effect: 'reports' } as const;
    expect(eventOf({ kind: 'condition-raised', condition, subject: 'dns:' })).toMatchObject({
      reason: 'OwnCheckFailed',
    });
    expect(eventOf(raised('own-check-failed'))).toBeUndefined();
  });

  test('of another peer is another Event, and one that is over is none', () => {
    expect(eventOf(raised('peer-down', 'a'))?.key).not.toBe(eventOf(raised('peer-down', 'b'))?.key);
    expect(eventOf({ ...raised('peer-down'), kind: 'condition-cleared' } as Transition)).toBeUndefined();
  });
});

test('every code makes a reason that the API takes for a condition', () => {
  for (const code of [...CODES, ...Object.keys(PHASES)]) {
    expect(camelCase(code)).toMatch(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/);
  }
  expect(camelCase('probe-failed')).toBe('ProbeFailed');
});

describe('in the API', () => {
  const event = { key: 'k', reason: 'Announced', type: 'Normal', message: 'announcing' } as const;
  const counted = { event, number: 7, count: 2, firstTime: 1_700_000_000_123, lastTime: 1_700_000_060_999 };

  test('it is about the Node by its name, as kubelet writes it', () => {
    expect(encodeEvent(counted, 'lb-1')).toStrictEqual({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'lb-1.fairlead-18bcfe5687b-7', namespace: 'default' },
      involvedObject: { apiVersion: 'v1', kind: 'Node', name: 'lb-1', uid: 'lb-1' },
      reason: 'Announced',
      message: 'announcing',
      type: 'Normal',
      source: { component: 'fairlead', host: 'lb-1' },
      reportingComponent: 'fairlead',
      reportingInstance: 'lb-1',
      count: 2,
      firstTimestamp: '2023-11-14T22:13:20Z',
      lastTimestamp: '2023-11-14T22:14:20Z',
    });
  });

  test('one that happens again changes its count, its last time and its words', () => {
    expect(encodeCount(counted)).toStrictEqual({
      count: 2,
      lastTimestamp: '2023-11-14T22:14:20Z',
      message: 'announcing',
    });
  });

  test.each(['lb-1', 'lb-1.example.org', `${'a'.repeat(199)}.${'b'.repeat(53)}`])(
    'the name that %s gives it is a DNS subdomain of at most 253 characters',
    (node) => {
      const name = eventName(node, counted);
      expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
      expect(name.length).toBeLessThanOrEqual(253);
    },
  );

  test('no message is longer than the API takes', () => {
    const detail = 'x'.repeat(5000);
    const long = eventOf({ kind: 'condition-raised', condition: { code: 'peer-down', detail }, subject: '' });
    expect(long?.message).toHaveLength(1024);
    expect(long?.message.endsWith('…')).toBe(true);
  });
});
