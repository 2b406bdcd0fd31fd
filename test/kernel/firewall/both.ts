import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { chooseKind, type Kind, lookAtHost } from '../../../lab/machine/kind.ts';
import type { FirewallKind } from '../../../src/dataplane/firewall/firewall.ts';
import { obstacleTo } from '../obstacle.ts';
import { Scene } from '../scene.ts';
import { drift } from './drift.ts';
import { routeLoop } from './loop.ts';
import { probeMatrix } from './probe.ts';
import { EMPTY, refusals, startHostSockets, WEB } from './refusals.ts';

/** The firewall each kernel is meant to show: user-mode Linux has no nf_tables that can do NAT. */
const FIREWALL: Record<Kind, FirewallKind> = { uml: 'iptables', qemu: 'nftables', native: 'nftables' };

/**
 * The same tests for both firewalls: what clients see must not depend on which one the kernel has.
 * @param wish a kind of lab machine; without, the one that every other test takes
 */
export function firewall(wish?: Kind): void {
  const expected = FIREWALL[wish ?? chooseKind(process.env['FAIRLEAD_LAB'], lookAtHost())];
  const obstacle = wish && obstacleTo(wish);
  let scene: Scene | undefined;
  const present = (): Scene => {
    if (!scene) throw new Error('there is no lab');
    return scene;
  };
  beforeEach(({ skip }) => obstacle !== undefined && skip(obstacle));
  beforeAll(async () => {
    if (obstacle !== undefined) return;
    scene = await Scene.up(wish ? { kind: wish } : {});
    for (const sketch of [WEB, EMPTY]) await scene.declare(sketch);
    await startHostSockets(scene);
  }, 300_000);
  afterAll(() => scene?.lab.down());

  test('the agent has chosen the firewall of this kernel', async () => {
    const started = (await present().events()).find(({ event }) => event === 'agent-started');
    expect(started?.firewall).toBe(expected);
  });

  refusals(present);
  drift(present, expected);
  probeMatrix(present, expected);
  // Last, since it takes the agent and its routes away.
  routeLoop(present, expected);
}
