import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectReset } from './held.ts';
import type { Sketch } from './manifests.ts';
import { RANGE, Scene, UPLINK } from './scene.ts';
import { whoOf } from './traffic.ts';

const PODS = { pod1: 'ready', pod2: 'ready' } as const;
const COUNT: Sketch = { name: 'count', address: '10.99.66.31', port: 80, to: 9000, pods: PODS };
const BULK: Sketch = { ...COUNT, name: 'bulk', address: '10.99.66.32', to: 9002 };
const BULK_BYTES = 300_000;
/** More addresses of the client, since a hash of one address tells little. */
const CLIENTS = Array.from({ length: 10 }, (_, i) => `10.0.1.${20 + i}`);
const MSS_CLAMP: Readonly<Record<string, string>> = { lb1: 'off', lb2: 'auto' };
const CONFIG = '/etc/fairlead/config.yaml';

let scene: Scene;

beforeAll(async () => {
  scene = await Scene.up({
    lbs: ['lb1', 'lb2'],
    before: async (made) => {
      await made.sh('client', ...CLIENTS.map((address) => `ip addr add ${address}/24 dev eth1`));
      for (const lb of made.lbs) {
        const config = await made.lab.readFile(lb, CONFIG);
        await made.lab.writeFile(lb, CONFIG, `${config}dataplane: {scheduler: mh, mssClamp: ${MSS_CLAMP[lb]}}\n`);
      }
    },
  });
  await scene.declare(COUNT);
  await scene.declare(BULK);
}, 300_000);

afterAll(() => scene?.lab.down());

/** Which pod each of the clients gets from an lb node. */
async function spread(lb: string): Promise<string[]> {
  await scene.leadTo(lb);
  const who: string[] = [];
  for (const localAddress of CLIENTS) who.push(whoOf(await scene.client.ask({ ...COUNT, localAddress })));
  return who;
}

describe('a client whose packets come by another lb node (kernel facts 3.9)', () => {
  test('is reset at once instead of hanging, and served anew', async () => {
    await scene.leadTo('lb1');
    const held = await scene.client.hold(COUNT);
    await scene.leadTo('lb2');
    await expectReset(held);
    expect((await scene.client.ask(COUNT)).outcome).toBe('answered');
  });
});

describe('a hashing scheduler (kernel facts 3.7)', () => {
  test('gives each client the same pod on every lb node', async () => {
    const byLb1 = await spread('lb1');
    expect(new Set(byLb1)).toEqual(new Set(['pod1', 'pod2']));
    expect(await spread('lb2')).toEqual(byLb1);
  });

  test('also behind an endpoint that came and went where one of the nodes has begun anew', async () => {
    await scene.declare({ ...COUNT, pods: { pod2: 'ready' } });
    await scene.declare(COUNT);
    await scene.run('lb2', 'ipvsadm', '-C');
    await scene.restart('lb2');
    await scene.declare(COUNT);
    expect(await spread('lb2')).toEqual(await spread('lb1'));
  });
});

const bytes = async (): Promise<number> => (await scene.client.ask({ ...BULK, timeoutMs: 3000 }, 'patient')).bytes;

/** The router's own ICMP messages for the range take another way than the connection. */
const strayIcmp = (lb: string): Promise<unknown> =>
  scene.sh(
    'tor',
    `ip route replace ${RANGE} via ${UPLINK[lb]} table 100`,
    'ip rule del pref 100 || true',
    `ip rule add pref 100 iif lo to ${RANGE} lookup 100`,
  );

describe('a client behind a link of a small MTU (kernel facts 3.10)', () => {
  beforeAll(() => scene.run('tor', 'ip', 'link', 'set', 'eth1', 'mtu', '1400'));

  test('gets nothing where the ICMP message comes to another lb node and nothing clamps the segments', async () => {
    await scene.leadTo('lb1');
    await strayIcmp('lb2');
    expect(await bytes()).toBeLessThan(BULK_BYTES);
  });

  test('gets all of it where the ICMP message comes to the lb node of the connection: the filter lets it in', async () => {
    await strayIcmp('lb1');
    expect(await bytes()).toBeGreaterThan(BULK_BYTES);
  });

  test('gets all of it where the segments are clamped (dataplane.mssClamp), wherever the ICMP message goes', async () => {
    await scene.leadTo('lb2');
    await strayIcmp('lb1');
    expect(await bytes()).toBeGreaterThan(BULK_BYTES);
  });
});
