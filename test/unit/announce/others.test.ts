import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AnnouncementEvent, type Decision, starting, step } from '../../../src/announce/step.ts';
import type { Census } from '../../../src/model/census.ts';
import {
  blocked,
  FAILED,
  others,
  pending,
  SOFT,
  stop,
  unconfirmed,
  UNBOUND,
  UNKNOWN,
  verdict,
  well,
} from './events.ts';

const SETTINGS = { holdDownMs: 1000, maxHoldDownMs: 8000, minimumAnnouncers: 1 };

const run = (events: readonly AnnouncementEvent[]): Decision =>
  events.reduce((decision, event) => step(decision, event, SETTINGS), starting(0));
const brief = (events: readonly AnnouncementEvent[]): string => {
  const { announcement, heldBack } = run(events);
  const reason = announcement.state === 'announced' ? '' : ` ${announcement.reason}`;
  return `${announcement.state}${reason}${heldBack === undefined ? '' : ', held back'}`;
};
const drain = (at: number, stage: 'deprioritise' | 'withdraw', census: Census = UNKNOWN) =>
  verdict({ at, drain: stage, census });
const inherited = (at: number, census: Census) => verdict({ at, census, fault: FAILED, pending: 'x', held: true });

const ONE = others('announced');
const NONE = others('deprioritised');
const SAME = others('announced', 'announced:range-unbound');

describe('a fault', () => {
  test.each<[string, AnnouncementEvent[], string]>([
    ['deprioritises at once, whoever else announces', [well(1), blocked(2, FAILED, ONE)], 'deprioritised probe-failed'],
    [
      'waits a moment for others to see the same',
      [well(1), blocked(2, FAILED, ONE), blocked(301, FAILED, ONE)],
      'deprioritised probe-failed',
    ],
    [
      'withdraws when another still announces then',
      [well(1), blocked(2, FAILED, ONE), blocked(302, FAILED, ONE)],
      'withdrawn probe-failed',
    ],
    [
      'does not wait for ever when the clock is set back',
      [well(5000), blocked(5002, FAILED, ONE), blocked(1, FAILED, ONE)],
      'withdrawn probe-failed',
    ],
    [
      'needs to have seen the others since they can see it',
      [well(1), blocked(2), blocked(900, FAILED, unconfirmed('announced'))],
      'deprioritised probe-failed',
    ],
    [
      'stays where nobody else announces in full',
      [well(1), blocked(2), blocked(900, FAILED, NONE)],
      'deprioritised probe-failed, held back',
    ],
    [
      'stays where nobody else is there',
      [well(1), blocked(2), blocked(900, FAILED, others())],
      'deprioritised probe-failed, held back',
    ],
    [
      'stays where the others are unknown',
      [well(1), blocked(2), blocked(900)],
      'deprioritised probe-failed, held back',
    ],
    [
      'of this node alone waits for nothing',
      [well(1), blocked(2, UNBOUND, ONE), blocked(3, UNBOUND, ONE)],
      'withdrawn range-unbound',
    ],
    [
      'that another node has too waits as any other',
      [well(1), blocked(2, UNBOUND, SAME), blocked(3, UNBOUND, SAME)],
      'deprioritised range-unbound',
    ],
    [
      'that another node has too still withdraws then',
      [well(1), blocked(2, UNBOUND, SAME), blocked(302, UNBOUND, SAME)],
      'withdrawn range-unbound',
    ],
    [
      'that is soft never withdraws',
      [well(1), blocked(2, SOFT, ONE), blocked(9000, SOFT, ONE)],
      `deprioritised ${SOFT.reason}`,
    ],
    [
      'that turns soft brings a withdrawn node back',
      [well(1), blocked(2, UNBOUND, ONE), blocked(3, UNBOUND, ONE), blocked(4, SOFT, ONE)],
      `deprioritised ${SOFT.reason}`,
    ],
    [
      'leaves a withdrawn node away while another serves',
      [well(1), blocked(2, FAILED, ONE), blocked(302, FAILED, ONE), blocked(303, FAILED, NONE)],
      'withdrawn probe-failed',
    ],
    [
      'brings it back where no node is left without one',
      [
        well(1),
        blocked(2, FAILED, ONE),
        blocked(302, FAILED, ONE),
        blocked(303, FAILED, others('deprioritised:probe-failed')),
      ],
      'deprioritised probe-failed',
    ],
    [
      'deprioritises first, however long all was well',
      [well(1), blocked(900, FAILED, ONE)],
      'deprioritised probe-failed',
    ],
    [
      'of this node alone deprioritises first as well',
      [well(1), blocked(2, UNBOUND, ONE)],
      'deprioritised range-unbound',
    ],
    [
      'brings it back where the others are withdrawn',
      [well(1), blocked(2, FAILED, ONE), blocked(302, FAILED, ONE), blocked(303, FAILED, others('withdrawn'))],
      'deprioritised probe-failed',
    ],
    [
      'leaves it away where another serves under a lesser one',
      [
        well(1),
        blocked(2, FAILED, ONE),
        blocked(302, FAILED, ONE),
        blocked(303, FAILED, others(`deprioritised:${SOFT.reason}`)),
      ],
      'withdrawn probe-failed',
    ],
    [
      'that is certain keeps it away even then',
      [well(1), blocked(2, UNBOUND, ONE), blocked(3, UNBOUND, ONE), blocked(4, UNBOUND, others())],
      'withdrawn range-unbound',
    ],
  ])('%s', (_, events, expected) => {
    expect(brief(events)).toBe(expected);
  });
});

describe('a start', () => {
  test.each<[string, AnnouncementEvent[], string]>([
    ['that fails announces nothing', [pending(1), blocked(2)], 'withdrawn probe-failed'],
    [
      'that failed does not come back for want of others',
      [blocked(1), blocked(900, FAILED, others())],
      'withdrawn probe-failed',
    ],
    ['under a soft fault waits for its proof', [verdict({ at: 1, fault: SOFT, pending: 'x' })], 'withdrawn starting'],
    ['under a soft fault announces what it may', [blocked(1, SOFT)], `deprioritised ${SOFT.reason}`],
    ['that fails deprioritises what an earlier agent left', [inherited(1, ONE)], 'deprioritised probe-failed'],
    ['that fails withdraws it as any other', [inherited(1, ONE), inherited(400, ONE)], 'withdrawn probe-failed'],
    ['under a drain announces nothing', [drain(1, 'deprioritise', ONE)], 'withdrawn draining'],
  ])('%s', (_, events, expected) => {
    expect(brief(events)).toBe(expected);
  });
});

describe('a return', () => {
  const gone = [well(1), blocked(2, UNBOUND, ONE), blocked(3, UNBOUND, ONE)];
  test.each<[string, AnnouncementEvent[], string]>([
    ['is held down withdrawn', [...gone, well(4, ONE), well(900, ONE)], 'withdrawn held-down'],
    ['is held down deprioritised', [well(1), blocked(2, SOFT), well(3, ONE)], 'deprioritised held-down'],
    ['is over with the hold-down', [...gone, well(4, ONE), well(1004, ONE)], 'announced'],
    ['comes at once where too few announce', [...gone, well(4, NONE), well(5, NONE)], 'announced'],
    ['comes in its time where nobody is known', [...gone, well(4), well(5)], 'withdrawn held-down'],
  ])('%s', (_, events, expected) => {
    expect(brief(events)).toBe(expected);
  });

  test('takes twice as long with each flap, up to the longest hold-down, and as at first after a steady time', () => {
    let decision = run([well(0)]);
    let at = 0;
    const heldMs = (pauseMs: number): number => {
      at += pauseMs;
      const begin = at + 1;
      decision = step(decision, blocked(at, SOFT, ONE), SETTINGS);
      do decision = step(decision, well(++at, ONE), SETTINGS);
      while (decision.announcement.state !== 'announced');
      return at - begin;
    };
    expect([10, 10, 10, 10, 10, 8001].map(heldMs)).toStrictEqual([1000, 2000, 4000, 8000, 8000, 1000]);
    expect(decision.flaps).toBe(1);
  });
});

describe('a drain', () => {
  test.each<[string, AnnouncementEvent[], string]>([
    [
      'deprioritises',
      [well(1), drain(2, 'deprioritise', ONE), drain(900, 'deprioritise', ONE)],
      'deprioritised draining',
    ],
    [
      'withdraws when told to',
      [well(1), drain(2, 'deprioritise', ONE), drain(3, 'withdraw', ONE)],
      'withdrawn draining',
    ],
    [
      'stays where nobody else announces',
      [well(1), drain(2, 'deprioritise', NONE), drain(3, 'withdraw', NONE)],
      'deprioritised draining, held back',
    ],
    [
      'that is over announces at once',
      [well(1), drain(2, 'deprioritise', ONE), drain(3, 'withdraw', ONE), well(4, ONE)],
      'announced',
    ],
    [
      'goes on under a soft fault',
      [
        well(1),
        verdict({ at: 2, drain: 'deprioritise', fault: SOFT, census: ONE }),
        verdict({ at: 3, drain: 'withdraw', fault: SOFT, census: ONE }),
      ],
      'withdrawn draining',
    ],
    [
      'keeps a node away that a soft fault would bring back',
      [
        well(1),
        drain(2, 'deprioritise', ONE),
        drain(3, 'withdraw', ONE),
        verdict({ at: 4, drain: 'withdraw', fault: SOFT, census: others() }),
      ],
      'withdrawn draining',
    ],
    [
      'keeps a node away that fails when nobody serves',
      [
        well(1),
        drain(2, 'deprioritise', ONE),
        drain(3, 'withdraw', ONE),
        verdict({ at: 4, drain: 'withdraw', fault: FAILED, census: others() }),
      ],
      'withdrawn probe-failed',
    ],
    [
      'at the start deprioritises what an earlier agent left',
      [verdict({ at: 1, drain: 'deprioritise', census: ONE, pending: 'x', held: true })],
      'deprioritised draining',
    ],
    ['ends with the agent', [well(1), drain(2, 'deprioritise', ONE), stop(3)], 'withdrawn stopping'],
  ])('%s', (_, events, expected) => {
    expect(brief(events)).toBe(expected);
  });

  test('is no flap', () => {
    expect(run([well(1), drain(2, 'deprioritise'), well(3)]).flaps).toBe(0);
  });
});

const unknown: Census = UNKNOWN;

describe('property: of nodes that fail at the same time, with writes and reads in any order', () => {
  /** Each node, in turn as the order says, decides, writes what it decided, or reads the others. */
  const order = fc.array(fc.record({ node: fc.nat(2), does: fc.constantFrom('decide', 'write', 'read') }), {
    maxLength: 200,
  });

  test('one always stays', () => {
    fc.assert(
      fc.property(order, fc.boolean(), (turns, certain) => {
        const nodes = [0, 1, 2].map(() => ({
          decision: run([well(0)]),
          written: 'announced',
          census: unknown,
        }));
        turns.forEach(({ does, node }, turn) => {
          const self = nodes[node];
          if (self === undefined) return;
          const { state } = self.decision.announcement;
          const seen = nodes.filter((one) => one !== self).map(({ written }) => written);
          if (does === 'write') Object.assign(self, { written: state, census: UNKNOWN });
          if (does === 'read') self.census = self.written === state ? others(...seen) : unconfirmed(...seen);
          const fault = certain ? UNBOUND : FAILED;
          if (does === 'decide')
            self.decision = step(self.decision, blocked(1 + turn * 100, fault, self.census), SETTINGS);
          // What is decided is only seen by others once it is written, but a read from before does not count as one after.
          if (self.decision.announcement.state !== state) self.census = UNKNOWN;
        });
        expect(nodes.filter(({ decision }) => decision.announcement.state !== 'withdrawn').length).toBeGreaterThan(0);
      }),
      { numRuns: 2000 },
    );
  });
});
