import { setTimeout as sleep } from 'node:timers/promises';
import type { Bfd } from '../../../src/model/path.ts';
import { withoutRoute } from '../kernel-watch.ts';
import type { Rig, SetUp } from '../rig.ts';
import type { Group } from '../row.ts';
import { fitting, NotOk, sees } from '../soon.ts';

/** From a gobgpd that is killed to a kernel without its path: the switch only has to see its connection reset. */
const AT_ONCE_MS = 2000;
const DOWN_MS = 700;
/** BIRD takes the old path away and puts the new one in its place, since gobgpd does not say that it has restarted. */
const GAP_MS = 100;

async function killed(rig: Rig): Promise<void> {
  await rig.node.gobgpd.kill();
  await sees("the route in the switch's kernel", () => rig.kernel(), [], AT_ONCE_MS);
  await rig.node.gobgpd.start();
  await rig.whole();
  await rig.established();
}

async function withoutGap(rig: Rig): Promise<void> {
  const { since } = await rig.heard();
  const watch = await rig.watchKernel();
  try {
    await rig.node.gobgpd.kill();
    await sleep(DOWN_MS);
    await rig.node.gobgpd.start();
    const again = (now: string): boolean => now !== since;
    await fitting(
      'the session',
      async () => (await rig.switch.session(rig.neighbor()))?.since ?? '',
      again,
      'a new one',
    );
    await rig.established();
    await rig.heard();
    await sees("the route in the switch's kernel", () => rig.kernel(), [{ via: rig.places.nodes[0], weight: 1 }]);
    const gap = withoutRoute(watch.changes);
    if (gap > GAP_MS) throw new NotOk(`expected a gap of at most ${GAP_MS} ms in the switch's kernel, seen ${gap} ms`);
  } finally {
    watch.stop();
  }
}

const BFD: Bfd = { intervalMs: 300, multiplier: 3 };
/** Three intervals, and what the switch and its kernel take. */
const BFD_BOUND_MS = 1200;
/** Where gobgpd 4.8 ends each new session for BFD, the speaker takes BFD off for a while: docs/interop.md. */
const BACK_MS = 60_000;
/** A busy machine can be late with anything: the best of these counts. */
const TRIES = 3;

const WITH_BFD: SetUp = { nodes: 2, peer: { bfd: BFD }, session: { bfd: true } };

async function bfdUp(rig: Rig): Promise<void> {
  await sees('BFD at the switch', () => rig.switch.bfd(rig.neighbor()), 'up');
  await sees('BFD as the speaker has it', () => rig.node.state.peers[0]?.bfd, 'up');
  await rig.established();
}

async function bothUp(rig: Rig): Promise<void> {
  await Promise.all(([0, 1] as const).map((index) => sees('BFD', () => rig.switch.bfd(rig.neighbor(index)), 'up')));
}

/** Milliseconds until the switch's kernel uses the second node alone, from the first packet of the first that is lost. */
async function untilGone(rig: Rig): Promise<number> {
  await bothUp(rig);
  const watch = await rig.watchKernel();
  try {
    await sleep(DOWN_MS);
    const cutAt = Date.now();
    await rig.lan.cut(rig.node.name);
    await sees("the next hops in the switch's kernel", () => rig.kernel(), [{ via: rig.places.nodes[1], weight: 1 }]);
    await fitting(
      'the changes',
      () => watch.changes,
      (changes) => changes.length > 0,
      'one',
    );
    return (watch.changes[0]?.at ?? Number.POSITIVE_INFINITY) - cutAt;
  } finally {
    watch.stop();
    await rig.lan.mend(rig.node.name);
  }
}

async function silent(rig: Rig): Promise<void> {
  const measured: number[] = [];
  while (measured.length < TRIES) {
    await rig.setUp(WITH_BFD);
    measured.push(await untilGone(rig));
    if ((measured.at(-1) ?? 0) <= BFD_BOUND_MS) return;
  }
  throw new NotOk(`expected the node out of ECMP within ${BFD_BOUND_MS} ms, seen ${measured.join(', ')} ms`);
}

async function back(rig: Rig): Promise<void> {
  await rig.setUp(WITH_BFD);
  await untilGone(rig);
  const nextHops = async (): Promise<number> => (await rig.kernel()).length;
  await sees("the next hops in the switch's kernel", nextHops, 2, BACK_MS);
  await bothUp(rig);
  await rig.established();
}

export const failures: readonly Group[] = [
  {
    setUp: () => ({}),
    rows: [
      {
        name: 'gobgpd-killed',
        proves: 'the route of a gobgpd that is killed goes at once, and comes back with it',
        run: killed,
      },
    ],
  },
  {
    setUp: () => ({ peer: { gracefulRestart: { restartTimeSeconds: 15 } } }),
    rows: [
      {
        name: 'graceful-restart',
        proves: `with graceful restart, a gobgpd that is killed and started again leaves no gap of more than ${GAP_MS} ms`,
        run: withoutGap,
      },
    ],
  },
  {
    setUp: () => WITH_BFD,
    rows: [{ name: 'bfd', proves: 'BFD comes up at both ends', api: 'v4', run: bfdUp }],
  },
  {
    setUp: () => undefined,
    rows: [
      {
        name: 'bfd-silent',
        proves: `with BFD 300 ms x 3, a node that falls silent is out of ECMP within ${BFD_BOUND_MS} ms`,
        api: 'v4',
        run: silent,
      },
      {
        name: 'bfd-back',
        proves: 'a node that was silent for a second is used again',
        api: 'v4',
        run: back,
      },
    ],
  },
  {
    setUp: () => ({ peer: { bfd: BFD } }),
    rows: [
      {
        name: 'bfd-refused',
        proves: 'BFD that is asked of a gobgpd without it is said to be missing, and the session goes on',
        api: 'v3',
        async run(rig) {
          await rig.established();
          await sees('BFD as the speaker has it', () => rig.node.state.peers[0]?.bfd, 'unsupported');
        },
      },
    ],
  },
];
