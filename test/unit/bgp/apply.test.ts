import { expect, test } from 'vitest';
import { apply } from '../../../src/bgp/apply.ts';
import type { GobgpApi } from '../../../src/bgp/gobgp.ts';
import { localPaths } from '../../../src/bgp/paths.ts';
import type { Step } from '../../../src/bgp/plan.ts';
import { WANTED } from './sample.ts';

const MANY = 1000;
const STEPS = localPaths(
  Array.from({ length: MANY }, (_, index) => ({
    prefix: `172.20.${index >> 8}.${index & 255}/32`,
    communities: [],
    med: undefined,
  })),
  WANTED,
).map((path): Step => ({ do: 'announce-path', path }));

/** A gobgpd that takes paths and remembers how many it was asked to take at a time. */
class Busy {
  readonly asked: string[] = [];
  most = 0;
  #underWay = 0;
  readonly api = {
    addPath: async ({ prefix }: { prefix: string }): Promise<void> => {
      this.asked.push(prefix);
      this.most = Math.max(this.most, ++this.#underWay);
      await new Promise((resolve) => setImmediate(resolve));
      this.#underWay -= 1;
    },
  } as unknown as GobgpApi;
}

test('thousands of paths are told a part at a time, so that gobgpd can answer in between', async () => {
  const busy = new Busy();
  const outcomes = await apply(busy.api, STEPS, () => true);
  expect(outcomes.map(({ error }) => error)).toEqual(STEPS.map(() => undefined));
  expect(busy.asked).toHaveLength(MANY);
  expect(busy.most).toBeGreaterThan(10);
  expect(busy.most).toBeLessThan(MANY / 2);
});

test('no more of them is told than is wanted still', async () => {
  const busy = new Busy();
  await apply(busy.api, STEPS, () => busy.asked.length === 0);
  expect(busy.asked.length).toBeGreaterThan(0);
  expect(busy.asked.length).toBeLessThan(MANY / 2);
});
