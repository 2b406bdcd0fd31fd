import type { IncomingMessage } from 'node:http';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Presence } from '../../src/cluster/presence.ts';
import { ANNOUNCED, announcing, DEPRIORITISED, Fleet, pause } from './presence-rig.ts';

/** What happens to a request at one of its two moments: so many milliseconds pass, or its connection breaks. */
type Hitch = number | 'broken';

/** Most are quick, some take longer than a round may, so that they are given up and carried out all the same. */
const hitch: fc.Arbitrary<Hitch> = fc.oneof(
  { weight: 20, arbitrary: fc.nat(15) },
  { weight: 1, arbitrary: fc.constant(400) },
  { weight: 1, arbitrary: fc.constant('broken' as const) },
);

function hinder(fleet: Fleet, hitches: readonly Hitch[]): void {
  let count = 0;
  fleet.server.delay = async (_moment, request: IncomingMessage) => {
    const next = hitches[count++ % hitches.length] ?? 0;
    if (next === 'broken') request.socket.destroy();
    else await pause(next);
  };
}

/** One node that fails and is repaired again and again, and withdraws only by a confirmed census. */
class Walker {
  readonly #presence: Presence;
  readonly #minimum: number;
  readonly #onChange: () => void;
  withdrawn = false;
  leaves = 0;

  constructor(presence: Presence, minimum: number, onChange: () => void) {
    this.#presence = presence;
    this.#minimum = minimum;
    this.#onChange = onChange;
  }

  async walk(pauses: readonly number[]): Promise<void> {
    for (const ms of pauses) {
      await pause(ms);
      this.#presence.tell(DEPRIORITISED);
      if (await this.#mayLeave()) {
        this.withdrawn = true;
        this.leaves += 1;
        this.#onChange();
        this.#presence.tell({ ...DEPRIORITISED, state: 'withdrawn' });
      }
      await pause(ms);
      this.withdrawn = false;
      this.#presence.tell(ANNOUNCED);
    }
  }

  /** By the first confirmed census there is; nobody waits for ever. */
  async #mayLeave(): Promise<boolean> {
    for (const until = performance.now() + 1500; performance.now() < until; await pause(1)) {
      const census = this.#presence.census();
      if (census.known && census.confirmed) return announcing(census).length >= this.#minimum;
    }
    return false;
  }
}

/** Short ones, so that several fail at once and while a round of theirs is under way; and some that let a round pass. */
const gap = fc.oneof({ weight: 6, arbitrary: fc.nat(20) }, { weight: 1, arbitrary: fc.constant(200) });

const walks = (nodes: number) =>
  fc.record({
    hitches: fc.array(hitch, { minLength: 40, maxLength: 40 }),
    pauses: fc.array(fc.array(gap, { minLength: 6, maxLength: 6 }), { minLength: nodes, maxLength: nodes }),
  });

test.concurrent.each([
  { nodes: 2, minimum: 1 },
  { nodes: 3, minimum: 1 },
  { nodes: 4, minimum: 2 },
])('of $nodes nodes $minimum never withdraw, however requests are delayed and broken', async ({ minimum, nodes }) => {
  await using fleet = await Fleet.open();
  const presences = await fleet.announcing(nodes);
  let leaves = 0;
  let fewest = nodes;
  await fc.assert(
    fc.asyncProperty(walks(nodes), async ({ hitches, pauses }) => {
      const look = () => {
        fewest = Math.min(fewest, walkers.filter(({ withdrawn }) => !withdrawn).length);
      };
      const walkers = presences.map((presence) => new Walker(presence, minimum, look));
      hinder(fleet, hitches);
      await Promise.all(walkers.map((walker, index) => walker.walk(pauses[index] ?? [])));
      leaves += walkers.reduce((sum, walker) => sum + walker.leaves, 0);
      expect(fewest).toBeGreaterThanOrEqual(minimum);
    }),
    { numRuns: 6, endOnFailure: true, interruptAfterTimeLimit: 25_000 },
  );
  // It is no proof that all stayed because nobody may ever leave.
  expect(leaves).toBeGreaterThan(4);
});

test('two that fail at the same moment see each other, again and again', async () => {
  await using fleet = await Fleet.open();
  const pair = (await fleet.announcing(2)) as [Presence, Presence];
  for (let round = 0; round < 10; round++) {
    fleet.server.delay = () => pause(Math.random() * 10);
    for (const presence of pair) presence.tell(DEPRIORITISED);
    const free = await Promise.all(pair.map((presence) => firstConfirmed(presence)));
    expect(free.filter((others) => others.length > 0).length).toBeLessThan(2);
    for (const presence of pair) presence.tell(ANNOUNCED);
    await Promise.all(pair.map((presence) => firstConfirmed(presence)));
  }
});

async function firstConfirmed(presence: Presence): Promise<string[]> {
  for (;;) {
    const census = presence.census();
    if (census.known && census.confirmed) return announcing(census);
    await pause(1);
  }
}
