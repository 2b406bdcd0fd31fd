import { expect, test } from 'vitest';
import { setStage } from './stage.ts';
import { walk } from './walk/walk.ts';

const STEPS = 25;
const TIMEOUT_MS = 300_000;

test(
  'no walk through faults and repairs takes the range off the network, or leaves the switch with a node that fails',
  async () => {
    const seed = Math.floor(Math.random() * 1_000_000);
    console.log(`seed ${seed}; again: npm run faults -- --walk ${STEPS} --seed ${seed}`);
    const stage = await setStage('frr', console.log);
    try {
      expect(await walk(stage, STEPS, seed)).toMatchObject({ violations: [] });
    } finally {
      await stage.lab.down();
    }
  },
  TIMEOUT_MS,
);
