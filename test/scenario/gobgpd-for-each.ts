import { afterAll, beforeAll, beforeEach } from 'vitest';
import { NODE } from './agent-rig.ts';
import { Gobgpd } from './gobgpd.ts';
import { Network } from './gobgpd-network.ts';

/** A new gobgpd for each test of the file it is called in, all in one network. Returns what gives the present one. */
export function gobgpdForEach(): () => Gobgpd {
  let network: Network;
  let gobgpd: Gobgpd;
  beforeAll(async () => {
    network = await Network.create(NODE, []);
  });
  afterAll(() => network?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    gobgpd = await Gobgpd.start(network);
    return () => gobgpd[Symbol.asyncDispose]();
  });
  return () => gobgpd;
}
