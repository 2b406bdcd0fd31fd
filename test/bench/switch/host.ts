import { release } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { deprioritised } from '../../../src/model/path.ts';
import { type Combination, combinations, nameOf, SWITCHES } from '../../interop/matrix.ts';
import { Rig } from '../../interop/rig.ts';
import { type GobgpdBinary, gobgpds } from '../../scenario/gobgpd-binary.ts';
import { LESS } from '../../unit/bgp/sample.ts';
import { noSamples, resultOf, type Samples, type SwitchReport } from './report.ts';
import { RouteWatch } from './route-watch.ts';
export { renderSwitch } from './render.ts';

const ROUNDS = 50;
/** Of a gobgpd that is killed and started again, which takes a second or two each time. */
const RESTARTS = 10;
/** Milliseconds: a change may fall upon whatever the switch is about to do. */
const LONGEST_PAUSE = 300;
/** Milliseconds after which a change counts as lost. */
const PATIENCE = 30_000;

type Tell = (text: string) => void;

/**
 * Measures the oldest and the newest gobgpd with each switch, whose daemon and kernel are real ones in network namespaces. A second node
 * announces all the time: what is measured is how long the switch goes on with the first one. Rejects where a change does
 * not come to the kernel of the switch.
 */
export async function benchSwitch(tell: Tell): Promise<SwitchReport> {
  const results: SwitchReport['results'][number][] = [];
  for (const combination of combinations(oldestAndNewest(), SWITCHES, ['ipv4'])) {
    tell(nameOf(combination));
    const { switch: kind, version } = combination;
    results.push(resultOf({ gobgpd: version, switch: kind }, await measure(combination)));
  }
  return { machine: { kernel: release(), node: `node ${process.version}` }, results };
}

const oldestAndNewest = (): GobgpdBinary[] => {
  const all = gobgpds();
  return [...new Set([...all.slice(0, 1), ...all.slice(-1)])];
};

async function measure({ binary, family, switch: kind }: Combination): Promise<Samples> {
  const rig = await Rig.create(kind, family, binary);
  const samples = noSamples();
  try {
    await rig.setUp({ nodes: 2 });
    const watch = await watchRange(rig);
    for (let round = 0; round < ROUNDS; round++) await change(rig, watch, samples);
    for (let round = 0; round < RESTARTS; round++) await restart(rig, watch, samples);
    watch.stop();
  } finally {
    await rig[Symbol.asyncDispose]();
  }
  return samples;
}

/** Both nodes are in the kernel of the switch when this resolves. */
async function watchRange(rig: Rig): Promise<RouteWatch> {
  for (;;) {
    const nextHops = (await rig.kernel()).map(({ via }) => via);
    if (nextHops.length === 2) return RouteWatch.start(rig.switchHost, rig.places.range, nextHops);
    await pause(50);
  }
}

/** Less attractive, as before, gone, and as before. */
async function change(rig: Rig, watch: RouteWatch, samples: Samples): Promise<void> {
  const path = rig.path();
  samples.deprioritised.push(await timed(rig, watch, false, () => rig.want({ paths: [deprioritised(path, LESS)] })));
  await timed(rig, watch, true, () => rig.want());
  samples.withdrawn.push(await timed(rig, watch, false, () => rig.want({ paths: [] })));
  samples.announced.push(await timed(rig, watch, true, () => rig.want()));
}

async function restart(rig: Rig, watch: RouteWatch, samples: Samples): Promise<void> {
  const { gobgpd } = rig.node;
  samples.killed.push(await timed(rig, watch, false, () => gobgpd.kill()));
  samples.back.push(await timed(rig, watch, true, () => gobgpd.start()));
  await rig.established();
}

/** Milliseconds from the call until the kernel of the switch leads packets to the first node, or no longer does. */
async function timed(rig: Rig, watch: RouteWatch, leads: boolean, call: () => Promise<unknown>): Promise<number> {
  await pause(Math.random() * LONGEST_PAUSE);
  const [node] = rig.places.nodes;
  const start = performance.now();
  const done = call();
  const at = await Promise.race([watch.until((nextHops) => nextHops.includes(node) === leads), late()]);
  await done;
  return at - start;
}

async function late(): Promise<never> {
  await pause(PATIENCE, undefined, { ref: false });
  throw new Error(`expected the change in the kernel of the switch within ${PATIENCE} ms`);
}
