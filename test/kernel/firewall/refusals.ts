import { describe, expect, test } from 'vitest';
import { CHECKOUT } from '../../../lab/machine/place.ts';
import type { Sketch } from '../manifests.ts';
import type { Reply } from '../traffic.ts';
import type { Scene } from '../scene.ts';

const UNASSIGNED = '10.99.66.77';
const UNSERVED_PORT = 81;
/** Sockets of the host: on every address, and on the loopback address alone. */
const HOST_PORT = 8022;
const LOOPBACK_PORT = 8023;
/** An ICMP refusal is rate limited: a few at once, then one a second to each client (measured: 1.04 s). */
const RATE_LIMITED_MS = 900;

export const WEB: Sketch = {
  name: 'count',
  address: '10.99.66.11',
  port: 80,
  to: 9000,
  pods: { pod1: 'ready', pod2: 'ready' },
};
export const EMPTY: Sketch = { ...WEB, name: 'empty', address: '10.99.66.12', pods: {} };

/** Starts sockets of the host, such as sshd's and kubelet's. */
export async function startHostSockets(scene: Scene): Promise<void> {
  const program = `${CHECKOUT}/test/kernel/host-sockets.mjs`;
  const listening = Promise.withResolvers<void>();
  await scene.lab.spawn(
    'lb1',
    ['node', '--single-threaded', program, `0.0.0.0:${HOST_PORT}`, `127.0.0.1:${LOOPBACK_PORT}`],
    { onLine: () => listening.resolve() },
  );
  await listening.promise;
}

/** What is not served is refused, at once and by everybody who is not meant. */
export function refusals(scene: () => Scene): void {
  const ask = async (address: string, port: number, times: number): Promise<Reply[]> => {
    const replies: Reply[] = [];
    for (let i = 0; i < times; i++) replies.push(await scene().client.ask({ address, port }));
    return replies;
  };

  describe('refusals (kernel facts 3.2)', () => {
    test('a host socket on every address is reached at the address of the node, and at none of the range', async () => {
      const own = await ask('10.0.2.6', HOST_PORT, 1);
      expect(own.map(({ says }) => says)).toEqual(['host']);
      for (const address of [WEB.address, EMPTY.address, UNASSIGNED, '10.99.66.0', '10.99.67.255']) {
        const replies = await ask(address, HOST_PORT, 3);
        expect(
          replies.map(({ outcome }) => outcome),
          address,
        ).toEqual(refused(3));
      }
    });

    test('a host socket on the loopback address is not reached through the range either', async () => {
      for (const address of [WEB.address, UNASSIGNED]) {
        const [reply] = await ask(address, LOOPBACK_PORT, 1);
        expect(reply?.outcome, address).toBe('refused');
      }
    });

    test.each([
      ['a port nobody serves at a served address', { address: WEB.address, port: UNSERVED_PORT }],
      ['an address that is not assigned', { address: UNASSIGNED, port: UNSERVED_PORT }],
      ['a port whose Service has no endpoint', EMPTY],
    ])('%s refuses twenty times in a row by reset, and none is rate limited', async (_, { address, port }) => {
      const before = await unreachables(scene());
      const replies = await ask(address, port, 20);
      expect(replies.map(({ outcome }) => outcome)).toEqual(refused(20));
      expect(Math.max(...replies.map(({ tookMs }) => tookMs))).toBeLessThan(RATE_LIMITED_MS);
      expect(await unreachables(scene()), 'none of them came as an ICMP message').toBe(before);
    });

    test('a datagram to what is not served is refused, not lost', async () => {
      const answers = await scene().client.send({ address: UNASSIGNED, port: 53, localPort: 40_100 }, 1);
      expect(answers).toEqual({ refused: 1 });
    });

    test('the node answers ARP for the range on its links: fairlead leaves arp_ignore alone, since BGP needs no ARP', async () => {
      const address = '10.99.66.78';
      await scene().sh('tor', `ip route add ${address}/32 dev eth2`, `ping -c 1 -W 2 ${address} >/dev/null`);
      expect(await scene().run('tor', 'ip', 'neigh', 'show', address)).toMatch(/lladdr/);
      await scene().run('tor', 'ip', 'route', 'del', `${address}/32`, 'dev', 'eth2');
    });

    test('a ping is answered at any address of the range, so it says nothing about a Service', async () => {
      const pings = [WEB.address, UNASSIGNED].map((address) => `ping -c 1 -W 2 ${address} >/dev/null`);
      await scene().sh('client', ...pings);
    });
  });
}

const refused = (times: number): string[] => Array<string>(times).fill('refused');

/** The messages `destination unreachable` that the client has been sent so far. */
async function unreachables(scene: Scene): Promise<number> {
  const [names, values] = (await scene.run('client', 'grep', '^Icmp:', '/proc/net/snmp')).split('\n');
  const index = names?.split(' ').indexOf('InDestUnreachs') ?? -1;
  return Number(values?.split(' ')[index]);
}
