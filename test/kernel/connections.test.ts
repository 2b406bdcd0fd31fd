import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { expectReset, expectToGoOn } from './held.ts';
import type { PodState, Sketch } from './manifests.ts';
import { eventually } from './patience.ts';
import { RANGE, Scene } from './scene.ts';
import { type Held, type Reply, whoOf } from './traffic.ts';

const PODS = { pod1: 'ready', pod2: 'ready' } as const;
const COUNT: Sketch = { name: 'count', address: '10.99.66.11', port: 80, to: 9000, pods: PODS };
const HELLO: Sketch = { name: 'hello', address: '10.99.66.12', port: 80, to: 9001, pods: PODS };
const OTHER: Sketch = { name: 'other', address: '10.99.66.13', port: 80, to: 9000, pods: PODS };
/** A SYN that is lost is sent again after a second. */
const SYN_AGAIN_MS = 900;

let scene: Scene;

beforeAll(async () => {
  scene = await Scene.up();
  await scene.declare(COUNT);
  await scene.declare(HELLO);
}, 300_000);

afterAll(() => scene?.lab.down());

const withPods = (sketch: Sketch, pods: Record<string, PodState>): Sketch => ({ ...sketch, pods });

/** Who answers new connections, one after the other. */
async function answering(target: Sketch, times: number): Promise<string[]> {
  const replies: Reply[] = [];
  for (let i = 0; i < times; i++) replies.push(await scene.client.ask(target));
  return replies.map(whoOf);
}

/** One connection to each pod. Whose turn it is, only IPVS knows. */
async function holdEach(): Promise<{ pod1: Held; pod2: Held }> {
  const held: Record<string, Held> = {};
  await eventually(async () => {
    const next = await scene.client.hold(COUNT);
    if (held[next.by]) await next.drop();
    else held[next.by] = next;
    return held['pod1'] && held['pod2'];
  });
  return held as { pod1: Held; pod2: Held };
}

const stir =
  (...commands: string[]) =>
  (): Promise<unknown> =>
    scene.sh('lb1', ...commands);
/** A change of one's own, until it is repaired. */
const untilRepaired = (change: () => Promise<unknown>, isRight: (table: string) => boolean) => async () => {
  const begin = await scene.lab.clock();
  await change();
  await eventually(async () =>
    (await scene.events()).find(({ at, event }) => event === 'kernel-changed' && at >= begin),
  );
  await eventually(async () => isRight(await scene.table()));
};
const anyway = (): boolean => true;
const ipvsLine = (text: string) => (table: string) => table.includes(text);

const CHANGES: [what: string, change: () => Promise<unknown>, undo?: () => Promise<unknown>][] = [
  [
    'one of the pods begins to drain',
    () => scene.declare(withPods(COUNT, { pod1: 'terminating', pod2: 'ready' })),
    () => scene.declare(COUNT),
  ],
  [
    'another program gives its pods weight 0, until that is repaired',
    untilRepaired(
      stir(
        'ipvsadm -e -t 10.99.66.11:80 -r 10.1.0.101:9000 -m -w 0',
        'ipvsadm -e -t 10.99.66.11:80 -r 10.1.0.102:9000 -m -w 0',
      ),
      (table) => !table.includes(' -w 0'),
    ),
  ],
  [
    'another program changes the scheduler, until that is repaired',
    untilRepaired(stir('ipvsadm -E -t 10.99.66.11:80 -s wrr'), ipvsLine('-A -t 10.99.66.11:80 -s rr')),
  ],
  [
    'its annotation asks for another scheduler',
    async () => {
      await scene.declare({ ...COUNT, annotations: { 'fairlead.io/scheduler': 'lc' } });
      await eventually(async () => (await scene.table()).includes('-A -t 10.99.66.11:80 -s lc'));
    },
    async () => {
      await scene.declare(COUNT);
      await eventually(async () => (await scene.table()).includes('-A -t 10.99.66.11:80 -s rr'));
    },
  ],
  [
    'its EndpointSlice gives way to one of another name with the same endpoints',
    () => scene.declare({ ...COUNT, slice: 'count-2' }),
  ],
  [
    'session affinity is switched on, and off again',
    () => scene.declare({ ...COUNT, affinitySeconds: 300 }),
    () => scene.declare(COUNT),
  ],
  ['another Service comes', () => scene.declare(OTHER)],
  ['another Service loses a pod', () => scene.declare(withPods(OTHER, { pod1: 'ready' }))],
  ['another Service goes', () => scene.forget(OTHER)],
  [
    'the local route is deleted, until that is repaired',
    untilRepaired(stir(`ip route del local ${RANGE} table local`), anyway),
  ],
  [
    'IPVS hides its packets from conntrack, until that is repaired',
    untilRepaired(stir('sysctl -qw net.ipv4.vs.conntrack=0'), anyway),
  ],
  [
    'forwarding is switched off, until that is repaired',
    untilRepaired(stir('sysctl -qw net.ipv4.ip_forward=0'), anyway),
  ],
  ['the agent is killed and another one starts', () => scene.restart()],
];

describe('established connections (kernel facts 3.6)', () => {
  // A change that is not undone would fail the tests of the others.
  afterEach(() => scene.declare(COUNT));

  test.each(CHANGES)('to each of the pods go on when %s', async (_, change, undo) => {
    const held = Object.values(await holdEach());
    await change();
    await Promise.all(held.map(expectToGoOn));
    if (undo) {
      await undo();
      await Promise.all(held.map(expectToGoOn));
    }
    for (const one of held) await one.drop();
  });
});

describe('a pod that leaves (kernel facts 3.1, 3.8)', () => {
  let held: Held;
  afterEach(async () => {
    await held.drop();
    await scene.declare(COUNT);
  });

  /** Holds a connection to pod1. */
  const holdPod1 = async (): Promise<void> => {
    const both = await holdEach();
    held = both.pod1;
    await both.pod2.drop();
  };

  test('draining beside a ready one takes no new connection and keeps its old one, also behind a new agent', async () => {
    await holdPod1();
    await scene.declare(withPods(COUNT, { pod1: 'terminating', pod2: 'ready' }));
    expect(await answering(COUNT, 10)).toEqual(Array(10).fill('pod2'));
    await expectToGoOn(held);
    await scene.restart();
    expect(await answering(COUNT, 10)).toEqual(Array(10).fill('pod2'));
    await expectToGoOn(held);
  });

  test('draining is all there is: it takes new connections too', async () => {
    await holdPod1();
    await scene.declare(withPods(COUNT, { pod1: 'terminating' }));
    expect(await answering(COUNT, 3)).toEqual(Array(3).fill('pod1'));
    await expectToGoOn(held);
  });

  test('for good resets its connections at once, and new ones go to the others', async () => {
    await holdPod1();
    await scene.declare(withPods(COUNT, { pod2: 'ready' }));
    await expectReset(held);
    expect(await answering(COUNT, 3)).toEqual(Array(3).fill('pod2'));
  });

  test('as the last one resets its connections at once, and new ones are refused', async () => {
    await holdPod1();
    await scene.declare(withPods(COUNT, {}));
    await expectReset(held);
    expect(await answering(COUNT, 10)).toEqual(Array(10).fill('refused'));
  });

  test('only by failing its readiness probe, as the last one, keeps its connections, and new ones are refused', async () => {
    await holdPod1();
    await scene.declare(withPods(COUNT, { pod1: 'failing', pod2: 'failing' }));
    expect(await answering(COUNT, 10)).toEqual(Array(10).fill('refused'));
    await expectToGoOn(held);
  });

  test('and comes back serves new connections again, and its old ones are over', async () => {
    await holdPod1();
    await scene.declare(withPods(COUNT, { pod2: 'ready' }));
    await scene.declare(COUNT);
    await expectReset(held);
    expect((await answering(COUNT, 4)).toSorted()).toEqual(['pod1', 'pod1', 'pod2', 'pod2']);
  });
});

/** The pod ends each connection, so that the client may use its port again at once. */
const again = (): Promise<Reply> => scene.client.ask({ ...HELLO, localPort: 41_000 }, 'patient');

describe('a client that asks again from the same port (conn_reuse_mode, kernel facts 3.1)', () => {
  test('is answered without the second that a lost SYN costs', async () => {
    for (let i = 0; i < 6; i++) {
      const { outcome, tookMs } = await again();
      expect(outcome).toBe('answered');
      expect(tookMs).toBeLessThan(SYN_AGAIN_MS);
    }
  });

  test.each(['terminating', 'failing'] as const)('does not stay with a pod that is %s', async (state) => {
    const last = whoOf(await again());
    const stays = last === 'pod1' ? 'pod2' : 'pod1';
    await scene.declare(withPods(HELLO, { [last]: state, [stays]: 'ready' }));
    for (let i = 0; i < 4; i++) expect(whoOf(await again())).toBe(stays);
    await scene.declare(HELLO);
  });
});

describe('session affinity (kernel facts 3.1, 3.7)', () => {
  const STICKY: Sketch = { ...COUNT, name: 'sticky', address: '10.99.66.14', affinitySeconds: 300 };

  test('keeps a client with its pod, until that drains (expire_quiescent_template)', async () => {
    await scene.declare(STICKY);
    const [first = '', ...others] = await answering(STICKY, 8);
    expect(new Set(others)).toEqual(new Set([first]));
    const stays = first === 'pod1' ? 'pod2' : 'pod1';
    await scene.declare(withPods(STICKY, { [first]: 'terminating', [stays]: 'ready' }));
    expect(await answering(STICKY, 4)).toEqual(Array(4).fill(stays));
  });
});
