import { expect, test } from 'vitest';
import { setStage } from './stage.ts';
import { walk } from './walk/walk.ts';

const STEPS = 25;
/** The same walk each time; `npm run faults -- --walk` takes others. This one once killed a gobgpd that was still to come. */
const SEED = 751_505;
const TIMEOUT_MS = 300_000;

test(
  'no walk through faults and repairs takes the range off the network, or leaves the switch with a node that fails',
  async () => {
    const stage = await setStage('frr', console.log);
    try {
      expect(await walk(stage, STEPS, SEED)).toMatchObject({ violations: [] });
    } finally {
      await stage.lab.down();
    }
  },
  TIMEOUT_MS,
);
