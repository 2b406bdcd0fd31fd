import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Traffic } from '../../src/model/traffic.ts';
import { expectToGoOn } from './held.ts';
import { manifestOf, type Sketch } from './manifests.ts';
import { eventually } from './patience.ts';
import { Scene } from './scene.ts';
import type { Answers } from './traffic.ts';

const DNS: Sketch = {
  name: 'dns',
  address: '10.99.66.21',
  protocol: 'UDP',
  port: 53,
  to: 9053,
  pods: { pod1: 'ready' },
};
const COUNT: Sketch = { ...DNS, name: 'count', address: '10.99.66.22', protocol: 'TCP', port: 80, to: 9000 };

let scene: Scene;

beforeAll(async () => {
  scene = await Scene.up();
  await scene.declare(COUNT);
}, 300_000);

afterAll(() => scene?.lab.down());

/** Sends from one port for ever, as a resolver or a syslog daemon does. */
const send = (localPort: number, count = 40): Promise<Answers> => scene.client.send({ ...DNS, localPort }, count);

describe('a client that keeps its port (UDP, kernel facts 3.5)', () => {
  test('and has begun before the Service was there is refused, and served from then on', async () => {
    expect(await send(42_001, 10)).not.toHaveProperty('pod1');
    await scene.declare(DNS);
    expect(await send(42_001)).toEqual({ pod1: 40 });
    await scene.forget(DNS);
  });

  test('moves on at once when its pod is replaced', async () => {
    await scene.declare(DNS);
    expect(await send(42_002, 10)).toEqual({ pod1: 10 });
    await scene.declare({ ...DNS, pods: { pod2: 'ready' } });
    expect(await send(42_002)).toEqual({ pod2: 40 });
  });

  test('moves on at once when its pod begins to drain: datagrams are not drained', async () => {
    await scene.declare(DNS);
    expect(await send(42_003, 10)).toEqual({ pod1: 10 });
    await scene.declare({ ...DNS, pods: { pod1: 'terminating', pod2: 'ready' } });
    expect(await send(42_003)).toEqual({ pod2: 40 });
  });

  test('is refused while the Service has no endpoint, and served when it has one again', async () => {
    await scene.declare(DNS);
    expect(await send(42_004, 10)).toEqual({ pod1: 10 });
    await scene.declare({ ...DNS, pods: {} });
    expect(await send(42_004, 10)).not.toHaveProperty('pod1');
    await scene.declare(DNS);
    expect(await send(42_004)).toEqual({ pod1: 40 });
  });
});

const repairs = async (): Promise<number> =>
  (await scene.events()).filter(({ event, part }) => event === 'kernel-changed' && part === 'ipvs').length;
const foreign = (count: number): string =>
  Array.from({ length: count }, (_, i) => `-A -t 198.18.${i >> 8}.${i & 255}:80 -s rr\n`).join('');
const restore = async (node: string, rules: string): Promise<void> => {
  await scene.lab.exec(node, ['ipvsadm', '-R'], { input: rules });
};
/** Long enough for several looks of the agent at its table, seen in what it finds when one is needed. */
const looked = async (): Promise<void> => {
  const before = await repairs();
  await scene.run('lb1', 'ipvsadm', '-A', '-t', '10.99.66.99:9');
  await eventually(async () => (await repairs()) > before);
};

const median = (numbers: number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0;

describe('the IPVS table beside others (netlink facts 5)', () => {
  test('is read right where another namespace has virtual servers of its own (5.1)', async () => {
    await scene.declare({ ...COUNT, pods: { pod1: 'ready', pod2: 'ready' } });
    await restore('pod2', foreign(100));
    const before = await repairs();
    await looked();
    expect(await repairs(), 'the stray one is all that was found wrong').toBe(before + 1);
    expect(await scene.run('pod2', 'ipvsadm', '-Sn')).toContain('198.18.0.99:80');
  });

  test('is read right while another program changes its own part all the time (5.2)', async () => {
    const held = await scene.client.hold(COUNT);
    const before = await repairs();
    const churn = `${foreign(300)}${foreign(300).replaceAll('-A', '-D').replaceAll(' -s rr', '')}`;
    for (let round = 0; round < 3; round++) await restore('lb1', churn);
    await looked();
    expect(await repairs(), 'nothing of ours was missed and made anew').toBe(before + 1);
    await expectToGoOn(held);
    await held.drop();
  });

  test('serves an endpoint that comes and goes, each time, and those beside it all the while (5.4)', async () => {
    const both: Sketch = { ...COUNT, pods: { pod1: 'ready', pod2: 'ready' } };
    const held = await scene.client.hold({ ...COUNT });
    const [stays, flaps] = held.by === 'pod1' ? ['pod1', 'pod2'] : ['pod2', 'pod1'];
    const took: number[] = [];
    for (let round = 0; round < 20; round++) {
      await scene.declare({ ...COUNT, pods: { [stays]: 'ready' } });
      const begin = performance.now();
      await scene.declare(both);
      took.push(performance.now() - begin);
      const who = await Promise.all([0, 1, 2, 3].map(async () => (await scene.client.ask(COUNT)).says.split(' ')[0]));
      expect(new Set(who), `round ${round}`).toEqual(new Set([stays, flaps]));
    }
    expect(median(took.slice(-5))).toBeLessThan(5 * median(took.slice(0, 5)));
    await expectToGoOn(held);
    await held.drop();
  });
});

/** What passes through, of a path of the agent's socket. */
async function trafficAt(path: string): Promise<Traffic & { readonly known: true }> {
  const answer = JSON.parse((await scene.inside().read('/run/fairlead/agent.sock', path)) ?? '{}') as Traffic;
  if (!answer.known) throw new Error(`expected traffic, got ${JSON.stringify(answer)}`);
  return answer;
}

describe('what passes through', () => {
  const KEY = `tcp/${COUNT.address}:${COUNT.port}`;

  test('is told as the kernel counts it: open connections of each real server, and what was opened', async () => {
    await scene.declare({ ...COUNT, pods: { pod1: 'ready', pod2: 'ready' } });
    const before = (await trafficAt(`/traffic?of=${KEY}`)).virtualServers[KEY]?.active ?? 0;
    const held = await Promise.all([0, 1, 2, 3].map(() => scene.client.hold(COUNT)));
    const server = await eventually(async () => {
      const found = (await trafficAt(`/traffic?of=${KEY}`)).virtualServers[KEY];
      return found?.active === before + 4 && found.opened >= 4 && found.perSecond.packetsIn > 0 ? found : undefined;
    });
    const table = await scene.run('lb1', 'ipvsadm', '-Ln', '-t', `${COUNT.address}:${COUNT.port}`);
    const rows = [...table.matchAll(/-> (\S+):\d+ +Masq +(\d+) +(\d+) +(\d+)/g)];
    expect(rows.map(([, ...columns]) => columns.slice(0, 3).join(' ')).toSorted()).toEqual(
      server.realServers?.map(({ active, address, weight }) => `${address} ${weight} ${active}`).toSorted(),
    );
    const all = await eventually(async () => {
      const found = await trafficAt('/traffic');
      return (found.virtualServers[KEY]?.active ?? 0) >= 4 ? found : undefined;
    });
    expect(all.total.active).toBeGreaterThanOrEqual(4);
    expect(Object.keys(all.virtualServers).some((key) => key.includes('198.18.'))).toBe(false);
    await Promise.all(held.map((one) => one.drop()));
  });
});

describe('a scheduler that cannot be had (netlink facts 2.3)', () => {
  const ODD: Sketch = { ...COUNT, name: 'odd', address: '10.99.66.23' };
  const written = (scheduler: string): Promise<void> =>
    scene.lab.writeFile(
      'lb1',
      '/etc/fairlead/manifests/odd.json',
      manifestOf({ ...ODD, annotations: { 'fairlead.io/scheduler': scheduler } }),
    );

  test('since there is none of that name: the Service is named with its reason, and everything else is served', async () => {
    await written('fastest');
    const skipped = await eventually(async () =>
      (await scene.status())?.skipped.find(({ object }) => object === 'Service default/odd'),
    );
    expect(skipped.detail).toContain('fastest');
    expect((await scene.client.ask(COUNT)).outcome).toBe('answered');
  });

  test('since the kernel has not got it (ENOENT): it is served by the default one, and one condition says so', async () => {
    // What asks for a module finds none, as where the kernel was built without it.
    await scene.sh('lb1', 'echo /bin/false >/proc/sys/kernel/modprobe');
    await written('ovf');
    const condition = await eventually(async () =>
      (await scene.status())?.conditions.find(({ code }) => code === 'scheduler-missing'),
    );
    expect(condition.detail).toBe('ovf');
    expect(await scene.table()).toContain(`-A -t ${ODD.address}:${ODD.port} -s rr`);
    expect((await scene.client.ask(ODD)).outcome).toBe('answered');
    expect((await scene.client.ask(COUNT)).outcome).toBe('answered');
    expect(await scene.verdict('ipvs')).toBe('healthy');
    const others: Sketch = { ...COUNT, name: 'late', address: '10.99.66.24' };
    await scene.declare(others);
    expect((await scene.client.ask(others)).outcome).toBe('answered');
    await written('rr');
    await eventually(async () => (await scene.client.ask(ODD)).outcome === 'answered');
    await scene.healthy();
  });
});
