import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { stepTurn } from '../../src/announce/turn.ts';
import type { Presence } from '../../src/cluster/presence.ts';
import type { Turn } from '../../src/model/drain.ts';
import { ANNOUNCED, confirmed, eventually, Fleet, leaseOf, pause } from './presence-rig.ts';

/** One node whose drains come and go, and that does what its turn says. */
class Drainer {
  readonly node: string;
  readonly #max: number;
  presence: Presence;
  turn: Turn | undefined;

  constructor(node: string, max: number, presence: Presence) {
    this.node = node;
    this.#max = max;
    this.presence = presence;
  }

  get drains(): boolean {
    return this.turn?.step === 'drains';
  }

  /** To be called again and again, as an agent decides: what is new is told at once. */
  decide(): void {
    const census = this.presence.census();
    this.turn = stepTurn(this.turn, { node: this.node, census, maxDraining: this.#max, exempt: false });
    this.tell();
  }

  async reaches(step: Turn['step']): Promise<void> {
    await eventually(() => {
      this.decide();
      expect(this.turn?.step).toBe(step);
    });
  }

  end(): void {
    this.turn = undefined;
    this.tell();
  }

  tell(): void {
    this.presence.tell(this.turn ? { ...ANNOUNCED, turn: this.turn } : ANNOUNCED);
  }
}

async function drainersOf(fleet: Fleet, count: number, max = 1): Promise<Drainer[]> {
  const presences = await fleet.announcing(count);
  return presences.map((presence, index) => new Drainer(`lb-${index + 1}`, max, presence));
}

test.concurrent.each([
  { nodes: 2, max: 1 },
  { nodes: 4, max: 1 },
  { nodes: 4, max: 2 },
])('of $nodes nodes that all ask at once, $max drain at a time, and each has its turn', async ({ max, nodes }) => {
  await using fleet = await Fleet.open();
  const drainers = await drainersOf(fleet, nodes, max);
  const delays = fc.sample(fc.nat(20), 60);
  let request = 0;
  fleet.server.delay = () => pause(delays[request++ % delays.length] ?? 0);
  const waiting = new Set(drainers);
  let most = 0;
  await eventually(async () => {
    for (const drainer of waiting) drainer.decide();
    const now = drainers.filter(({ drains }) => drains);
    most = Math.max(most, now.length);
    // Each drains for as long as several rounds take.
    if (now.length === Math.min(max, waiting.size)) await pause(100);
    for (const drainer of now.slice(0, 1)) {
      if (waiting.size > max || now.length === waiting.size) {
        waiting.delete(drainer);
        drainer.end();
      }
    }
    expect(waiting.size).toBe(0);
  }, 30_000);
  expect(most).toBe(max);
});

test('a node whose agent is gone in the middle of its drain counts on, and one that ends in order does not', async () => {
  await using fleet = await Fleet.open();
  const [first, second] = (await drainersOf(fleet, 2)) as [Drainer, Drainer];
  await first.reaches('drains');
  await confirmed(first.presence);
  await first.presence.handOver();
  await second.reaches('waits');
  // Long behind the end of its Lease.
  for (const until = performance.now() + 2500; performance.now() < until; await pause(10)) second.decide();
  expect(second.turn?.step).toBe('waits');
  expect(second.presence.census()).toMatchObject({
    known: true,
    others: [],
    turns: [{ node: 'lb-1', step: 'drains' }],
  });
  const successor = fleet.join('lb-1');
  await confirmed(successor);
  await second.reaches('drains');
  await second.presence.stop();
  expect(leaseOf(fleet, 'lb-2')).toBeUndefined();
});

test('one that only waited, and is gone, holds nobody up', async () => {
  await using fleet = await Fleet.open();
  const [first, second, third] = (await drainersOf(fleet, 3)) as [Drainer, Drainer, Drainer];
  await first.reaches('drains');
  await second.reaches('waits');
  await confirmed(second.presence);
  await eventually(() =>
    expect(third.presence.census()).toMatchObject({
      turns: expect.arrayContaining([{ node: 'lb-2', ...second.turn }]),
    }),
  );
  await third.reaches('waits');
  expect(third.turn?.number).toBe((second.turn?.number ?? 0) + 1);
  await second.presence.handOver();
  first.end();
  await third.reaches('drains');
});

test('while the API server is gone nobody gets a turn, and who has one keeps it', async () => {
  await using fleet = await Fleet.open();
  const [first, second] = (await drainersOf(fleet, 2)) as [Drainer, Drainer];
  await first.reaches('drains');
  await second.reaches('waits');
  await fleet.server.down();
  first.end();
  for (const until = performance.now() + 2000; performance.now() < until; await pause(10)) second.decide();
  expect(second.turn?.step).toBe('waits');
  expect(second.presence.census()).toMatchObject({ known: false, last: { others: [{ node: 'lb-1' }] } });
  await fleet.server.up();
  await second.reaches('drains');
});

test('clocks that are hours apart change nothing', async () => {
  await using fleet = await Fleet.open();
  const clocks = [-7_200_000, 7_200_000].map((skew) => () => Date.now() + skew);
  const [first, second] = clocks.map(
    (wallClock, index) => new Drainer(`lb-${index + 1}`, 1, fleet.join(`lb-${index + 1}`, ANNOUNCED, { wallClock })),
  ) as [Drainer, Drainer];
  await first.reaches('drains');
  await second.reaches('waits');
  await pause(1500);
  second.decide();
  expect(second.turn?.step).toBe('waits');
  first.end();
  await second.reaches('drains');
});
