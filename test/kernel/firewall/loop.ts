import { describe, expect, test } from 'vitest';
import { RANGE, type Scene } from '../scene.ts';

/** Of a range that nobody feels responsible for, a packet goes to and fro until its TTL ends. */
const A_FEW = 6;
const MANY = 25;

/** Leaves the lab without the routes of the range: nothing can be tested behind it. */
export function routeLoop(scene: () => Scene, firewall: 'iptables' | 'nftables'): void {
  /** How many packets the switch sends to the lb node for one attempt to connect. */
  const packets = async (): Promise<number> => {
    /** In /proc/net/dev, the tenth number of an interface counts the packets it has sent. */
    const sent = async (): Promise<number> =>
      Number((await scene().run('tor', 'grep', 'eth2:', '/proc/net/dev')).trim().split(/\s+/)[10]);
    const before = await sent();
    // Within this time the client sends its SYN once.
    await scene().client.ask({ address: '10.99.66.77', port: 81, timeoutMs: 700 });
    return (await sent()) - before;
  };

  describe('route loops (kernel facts 3.3)', () => {
    test('a packet for an address that is not assigned crosses the link once', async () => {
      expect(await packets()).toBeLessThan(A_FEW);
    });

    test('also where the local route is gone and no agent is there: the backstop refuses it', async () => {
      await scene().lab.kill('lb1', 'SIGKILL');
      await scene().run('lb1', 'ip', 'route', 'del', 'local', RANGE, 'table', 'local');
      expect(await packets()).toBeLessThan(A_FEW);
    });

    test('without the backstop it would go round and round: the counting counts', async () => {
      await scene().run('lb1', 'ip', 'route', 'del', 'unreachable', RANGE, 'metric', '4096');
      // Here the SNAT rule takes what is only passing for its own, and what has the node as its source does not come back.
      if (firewall === 'nftables') await scene().run('lb1', 'nft', 'delete', 'table', 'ip', 'fairlead-snat');
      expect(await packets()).toBeGreaterThan(MANY);
    });

    test('the next agent ends the loop', async () => {
      await scene().lab.start('lb1');
      await scene().healthy();
      expect(await packets()).toBeLessThan(A_FEW);
    });
  });
}
