import { describe, expect, test } from 'vitest';
import type { Presence } from '../../src/cluster/presence.ts';
import type { Census } from '../../src/model/census.ts';
import {
  ANNOUNCED,
  announcing,
  confirmed,
  DEPRIORITISED,
  DURATION_MS,
  eventually,
  Fleet,
  leaseOf,
  LEASES,
  own,
  pause,
} from './presence-rig.ts';

const HOUR_MS = 3_600_000;

const stateOf = (census: Census, node: string): string | undefined =>
  census.known ? census.others.find((other) => other.node === node)?.state : 'unknown';

describe('in quiet times', () => {
  test('each node knows what all others tell, and none counts itself', async () => {
    await using fleet = await Fleet.open();
    const [first, second, third] = await fleet.announcing(3);
    expect(announcing(first?.census() as Census)).toStrictEqual(['lb-2', 'lb-3']);
    second?.tell(DEPRIORITISED);
    await eventually(() =>
      expect(third?.census()).toMatchObject({
        known: true,
        others: expect.arrayContaining([{ node: 'lb-2', ...DEPRIORITISED }]),
      }),
    );
    expect(announcing(third?.census() as Census)).toStrictEqual(['lb-1']);
  });

  test('before the first reading nothing is known, and a change is reported', async () => {
    await using fleet = await Fleet.open();
    let changes = 0;
    const presence = fleet.join('lb-1', ANNOUNCED, { onChange: () => void changes++ });
    expect(presence.census()).toStrictEqual({ known: false, why: 'the others have not been read yet' });
    await confirmed(presence);
    expect(presence.census()).toStrictEqual({ known: true, others: [], turns: [], confirmed: true });
    expect(changes).toBe(1);
  });

  test('what another changes is known at once, and not with the next round', async () => {
    await using fleet = await Fleet.open();
    // A round each twelve seconds.
    const [first, second] = ['lb-1', 'lb-2'].map((node) => fleet.join(node, ANNOUNCED, { durationMs: 60_000 })) as [
      Presence,
      Presence,
    ];
    await confirmed(first);
    await confirmed(second);
    second.tell(DEPRIORITISED);
    await eventually(() => expect(stateOf(first.census(), 'lb-2')).toBe('deprioritised'), 5000);
    await second.stop();
    await eventually(() => expect(first.census()).toMatchObject({ known: true, others: [] }), 5000);
  });

  test('what is told is not confirmed before it has been written and the others read', async () => {
    await using fleet = await Fleet.open();
    const [first] = await fleet.announcing(2);
    await confirmed(first as Presence);
    first?.tell(DEPRIORITISED);
    expect(first?.census()).toMatchObject({ known: true, confirmed: false });
    await confirmed(first as Presence);
    expect(own(fleet)?.metadata).toMatchObject({ annotations: { 'fairlead.io/state': 'deprioritised' } });
  });

  test('of several in a row the last one counts, no two writes are under way, and the same again costs nothing', async () => {
    await using fleet = await Fleet.open();
    let writing = 0;
    let most = 0;
    fleet.server.delay = async (moment, { method }) => {
      if (method === 'GET') return;
      writing += moment === 'before' ? 1 : -1;
      most = Math.max(most, writing);
      await pause(moment === 'before' ? 20 : 0);
    };
    const presence = fleet.join('lb-1', ANNOUNCED, { durationMs: 60_000 });
    for (const state of ['deprioritised', 'withdrawn', 'announced', 'deprioritised'] as const) {
      presence.tell({ state, faults: [] });
      await pause(7);
    }
    await confirmed(presence);
    expect(most).toBe(1);
    expect(fleet.server.all('Lease')[0]?.metadata['annotations']).toMatchObject({
      'fairlead.io/state': 'deprioritised',
    });
    const before = fleet.server.requests.length;
    presence.tell({ state: 'deprioritised', faults: [] });
    expect(presence.census()).toMatchObject({ confirmed: true });
    await pause(100);
    expect(fleet.server.requests.length).toBe(before);
  });

  test('a write that was given up on, and is carried out late, changes nothing', async () => {
    await using fleet = await Fleet.open();
    const presence = fleet.join('lb-1');
    await confirmed(presence);
    let writes = 0;
    let late = false;
    fleet.server.delay = async (moment, { method }) => {
      if (method !== 'PUT' || moment === 'after') return;
      writes += 1;
      if (writes === 1) await pause(DURATION_MS).then(() => (late = true));
    };
    presence.tell({ state: 'withdrawn', faults: [] });
    await eventually(() => expect(writes).toBe(1));
    presence.tell(DEPRIORITISED);
    await confirmed(presence);
    const found = new Set<unknown>();
    const look = () => found.add((own(fleet).metadata['annotations'] as Record<string, string>)['fairlead.io/state']);
    for (const until = performance.now() + 2 * DURATION_MS; performance.now() < until; await pause(1)) look();
    expect(late).toBe(true);
    expect([...found]).toStrictEqual(['deprioritised']);
  });
});

describe('who goes', () => {
  test('in the orderly way is gone for the others with their next reading, and leaves no Lease', async () => {
    await using fleet = await Fleet.open();
    const [first, second] = await fleet.announcing(2, { durationMs: 5000 });
    await second?.stop();
    expect(fleet.server.all('Lease').map(({ metadata }) => metadata.name)).toStrictEqual(['fairlead-lb-1']);
    // Well before it could have expired.
    await eventually(() => expect(first?.census()).toMatchObject({ known: true, others: [] }), 4000);
  });

  test('without a word is no longer counted once its Lease has expired', async () => {
    await using fleet = await Fleet.open();
    const [first] = await fleet.announcing(3);
    fleet.server.faults.forbidden = `${LEASES}/fairlead-lb-2`;
    const since = performance.now();
    await eventually(() => expect(announcing(first?.census() as Census)).toStrictEqual(['lb-3']));
    // Its last renewal was a reading and a renewal ago at most.
    expect(performance.now() - since).toBeGreaterThan(DURATION_MS / 5);
    expect(fleet.server.all('Lease')).toHaveLength(3);
    delete fleet.server.faults.forbidden;
    await eventually(() => expect(announcing(first?.census() as Census)).toStrictEqual(['lb-2', 'lb-3']));
  });

  test('has not to be waited for by one that comes: an old Lease counts for nothing', async () => {
    await using fleet = await Fleet.open();
    await fleet.announcing(2);
    fleet.server.faults.forbidden = `${LEASES}/fairlead-lb-2`;
    const seen = new Set<string>();
    const onChange = () => {
      for (const node of announcing(late.census())) seen.add(node);
    };
    const late = fleet.join('lb-3', ANNOUNCED, { onChange });
    await eventually(() => expect(announcing(late.census())).toStrictEqual(['lb-1']));
    expect([...seen]).toStrictEqual(['lb-1']);
  });

  test('for its next agent leaves the Lease as it is, and writes no more', async () => {
    await using fleet = await Fleet.open();
    const [first, second] = (await fleet.announcing(2)) as [Presence, Presence];
    await second.handOver();
    second.tell(DEPRIORITISED);
    const { resourceVersion } = leaseOf(fleet, 'lb-2').metadata;
    await pause(DURATION_MS / 4);
    expect(leaseOf(fleet, 'lb-2').metadata['resourceVersion']).toBe(resourceVersion);
    await confirmed(fleet.join('lb-2'));
    await eventually(() => expect(announcing(first.census())).toStrictEqual(['lb-2']));
  });

  test('and has a successor on its node leaves the Lease to it', async () => {
    await using fleet = await Fleet.open();
    const before = fleet.join('lb-1', ANNOUNCED, { durationMs: 60_000 });
    await confirmed(before);
    await confirmed(fleet.join('lb-1', DEPRIORITISED, { durationMs: 60_000 }));
    await before.stop();
    expect(own(fleet)?.metadata).toMatchObject({ annotations: { 'fairlead.io/state': 'deprioritised' } });
  });

  test('and comes back takes up its Lease', async () => {
    await using fleet = await Fleet.open();
    fleet.server.faults.forbidden = `${LEASES}/fairlead-lb-1`;
    const first = fleet.join('lb-1');
    await eventually(() => expect(fleet.server.all('Lease')).toHaveLength(1));
    await first.stop();
    expect(fleet.server.all('Lease')).toHaveLength(1);
    expect(fleet.lines.map(({ event }) => event)).toContain('lease-left');
    delete fleet.server.faults.forbidden;
    await confirmed(fleet.join('lb-1', DEPRIORITISED));
    expect(fleet.server.all('Lease')[0]?.metadata['annotations']).toMatchObject({
      'fairlead.io/state': 'deprioritised',
    });
  });
});

test.each([
  ['an hour ahead', HOUR_MS],
  ['an hour behind', -HOUR_MS],
])('a clock that is %s changes nothing, on either side', async (_title, skewMs) => {
  await using fleet = await Fleet.open();
  const skewed = fleet.join('lb-1', ANNOUNCED, { wallClock: () => Date.now() + skewMs });
  const right = fleet.join('lb-2');
  await eventually(() => expect(announcing(right.census())).toStrictEqual(['lb-1']));
  await eventually(() => expect(announcing(skewed.census())).toStrictEqual(['lb-2']));
  fleet.server.faults.forbidden = `${LEASES}/fairlead-lb-1`;
  await eventually(() => expect(announcing(right.census())).toStrictEqual([]));
});

describe('while the API does not answer, nothing is known, and afterwards all is known again', () => {
  test.each<[title: string, why: string, breaks: Change, repair: Change]>([
    ['it is gone', 'ECONNREFUSED', ({ server }) => server.down(), ({ server }) => server.up()],
    ['it never answers', 'no answer', hang, ({ server }) => void (server.delay = undefined)],
    ...[403, 404, 409, 429, 500].map((status): [string, string, Change, Change] => [
      `every change is refused with ${status}`,
      `HTTP ${status}: told to fail`,
      ({ server }) => void (server.faults.write = status),
      ({ server }) => void delete server.faults.write,
    ]),
    [
      'no watch is to be had',
      'HTTP 503: told to fail',
      ({ server }) => {
        server.faults.watch = 503;
        server.reset();
      },
      ({ server }) => void delete server.faults.watch,
    ],
    [
      'answers are cut off',
      'JSON',
      ({ server }) => void (server.faults.half = true),
      ({ server }) => void delete server.faults.half,
    ],
  ])('when %s', async (_title, why, breaks, repair) => {
    await using fleet = await Fleet.open();
    const [first, second] = await fleet.announcing(2);
    await breaks(fleet);
    first?.tell(DEPRIORITISED);
    await eventually(() => expect(first?.census()).toMatchObject({ known: false, why: expect.stringContaining(why) }));
    // Without anything to tell it takes as long as a Lease holds.
    await eventually(() => expect(second?.census()).toMatchObject({ known: false }));
    await repair(fleet);
    await confirmed(first as Presence);
    await eventually(() => expect(announcing(first?.census() as Census)).toStrictEqual(['lb-2']));
    await eventually(() => expect(stateOf(second?.census() as Census, 'lb-1')).toBe('deprioritised'));
    const events = fleet.lines.map(({ event }) => event);
    expect(events).toEqual(expect.arrayContaining(['presence-lost', 'presence-recovered']));
  });

  test('at its end an agent does not wait for it', async () => {
    await using fleet = await Fleet.open();
    const presence = fleet.join('lb-1', ANNOUNCED, { durationMs: 60_000 });
    await confirmed(presence);
    hang(fleet);
    presence.tell(DEPRIORITISED);
    await presence.stop();
    expect(fleet.lines.map(({ event }) => event)).toContain('lease-left');
  });

  test('one lost round is none of that', async () => {
    await using fleet = await Fleet.open();
    const [first] = await fleet.announcing(2, { durationMs: 10_000 });
    fleet.server.reset();
    fleet.server.faults.write = 500;
    await eventually(() => expect(fleet.lines.map(({ event }) => event)).toContain('presence-lost'));
    expect(first?.census()).toMatchObject({ known: true, confirmed: true });
    delete fleet.server.faults.write;
    await eventually(() => expect(fleet.lines.map(({ event }) => event)).toContain('presence-recovered'));
  });
});

type Change = (fleet: Fleet) => void | Promise<void>;

function hang({ server }: Fleet): void {
  server.delay = () => new Promise(() => {});
}
