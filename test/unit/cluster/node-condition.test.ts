import { describe, expect, test } from 'vitest';
import { encodeCondition, foundIn, shownOf, type Standing } from '../../../src/cluster/node-condition.ts';
import type { Condition } from '../../../src/model/condition.ts';
import type { Announcement, AnnouncementState } from '../../../src/model/status.ts';

const HINT = 'forwarding, the FORWARD chain and the way to the pods are not visible in any table of ours';
const standing = (
  announcement: Announcement,
  told: AnnouncementState,
  conditions: readonly Condition[] = [],
): Standing => ({ announcement, told, prefixes: ['10.99.66.0/23'], conditions });

const ANNOUNCED: Announcement = { state: 'announced', since: 0 };
const taken = (
  state: 'deprioritised' | 'withdrawn',
  reason: 'probe-failed' | 'held-down' | 'draining' | 'starting' | 'stopping',
): Announcement => ({ state, since: 0, reason, detail: 'why' });
const FENCED: Condition = { code: 'gobgpd-fenced', detail: 'gobgpd hangs' };
const DOWN: Condition = { code: 'peer-down', detail: '10.22.108.1 is idle' };
const NOT_TOLD = 'announced, and no switch is known to have all of it';

describe('the condition', () => {
  test.each([
    [standing(ANNOUNCED, 'announced'), 'True', 'Announced', 'announcing 10.99.66.0/23'],
    [
      standing(taken('deprioritised', 'probe-failed'), 'deprioritised'),
      'True',
      'ProbeFailed',
      `deprioritised: probe-failed: why (look at: ${HINT})`,
    ],
    [
      standing(taken('withdrawn', 'probe-failed'), 'withdrawn'),
      'False',
      'ProbeFailed',
      `withdrawn: probe-failed: why (look at: ${HINT})`,
    ],
    [standing(taken('deprioritised', 'draining'), 'deprioritised'), 'True', 'Draining', 'deprioritised: draining: why'],
    [standing(taken('withdrawn', 'held-down'), 'withdrawn'), 'False', 'HeldDown', 'withdrawn: held-down: why'],
    [standing(taken('withdrawn', 'stopping'), 'withdrawn'), 'False', 'Stopping', 'withdrawn: stopping: why'],
    [standing(taken('withdrawn', 'starting'), 'withdrawn'), 'Unknown', 'Starting', 'why'],
    [
      standing(ANNOUNCED, 'withdrawn', [DOWN, FENCED]),
      'False',
      'GobgpdFenced',
      expect.stringContaining(`${NOT_TOLD}: gobgpd-fenced: gobgpd hangs`) as string,
    ],
    [
      standing(taken('deprioritised', 'probe-failed'), 'withdrawn', [DOWN]),
      'False',
      'PeerDown',
      expect.stringContaining('deprioritised, and no switch is known') as string,
    ],
    [standing(ANNOUNCED, 'withdrawn', [{ code: 'source-stale', detail: 'x' }]), 'False', 'NotTold', NOT_TOLD],
  ])('of %j is %s, %s', (one, status, reason, message) => {
    expect(shownOf(one)).toStrictEqual({ status, reason, message });
  });
});

test('the patch names our condition and nothing else of the Node', () => {
  const shown = { status: 'True', reason: 'Announced', message: 'm' } as const;
  expect(encodeCondition(shown, { now: 1_700_000_060_999, since: 1_700_000_000_123 })).toStrictEqual({
    status: {
      conditions: [
        {
          type: 'FairleadAnnouncing',
          ...shown,
          lastHeartbeatTime: '2023-11-14T22:14:20Z',
          lastTransitionTime: '2023-11-14T22:13:20Z',
        },
      ],
    },
  });
});

describe('what an earlier agent has left', () => {
  const conditions = [
    { type: 'Ready', status: 'False', lastTransitionTime: '2020-01-01T00:00:00Z' },
    { type: 'FairleadAnnouncing', status: 'True', lastTransitionTime: '2023-11-14T22:13:20Z' },
  ];
  const node = { metadata: { name: 'lb-1' }, status: { conditions } };

  test('is found in a list of one Node', () => {
    const found = { status: 'True', since: 1_700_000_000_000 };
    expect(foundIn({ items: [node] })).toStrictEqual(found);
  });

  test.each([
    undefined,
    null,
    'x',
    {},
    { items: null },
    { items: [] },
    { items: [null] },
    { items: [{ status: { conditions: null } }] },
    { items: [{ status: { conditions: [null, 1, { type: 'Ready', status: 'True' }] } }] },
    { items: [{ status: { conditions: [{ type: 'FairleadAnnouncing', status: 'True' }] } }] },
    { items: [{ status: { conditions: [{ ...conditions[1], status: 5 }] } }] },
  ])('is nothing in %j', (raw) => {
    expect(foundIn(raw)).toBeUndefined();
  });
});
