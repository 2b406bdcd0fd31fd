import { Random } from '../../kernel/random.ts';
import { CRASH_GRACE_MS, LBS } from '../cluster.ts';
import { pause, type Stage, waitUntil, whole } from '../stage.ts';
import { absences, type Able, blackHoles, type Bounds } from './judge.ts';
import { able, after, choose, describeStep, mendingAll, type Model, type Step, watched, wholeModel } from './model.ts';
import { perform } from './perform.ts';

export interface WalkResult {
  readonly seed: number;
  readonly steps: number;
  readonly requests: number;
  readonly failed: number;
  /** Empty where all is well. Each says what was seen, after which steps. */
  readonly violations: readonly string[];
}

/**
 * A node is used again after the agent's start, its probes, the hold-down and a session. A blocked path is left after three
 * probes; where no agent runs to notice, after the grace of the sidecar. All with the slowness of an emulated machine.
 */
const BOUNDS: Bounds = { returnMs: 20_000, blackHoleMs: 6000, unwatchedMs: CRASH_GRACE_MS + 20_000, gapMs: 20 };
/** How long the switch gets to follow a step, before the next one comes all the same. */
const SETTLE_MS = 2500;
const LEAST_MS = 700;
/** Some steps follow each other at once. */
const HASTE = 0.3;
/** Requests that were sent before a step's end and are not answered yet. */
const LATE_MS = 1500;
const HISTORY = 12;

/** Breaks and mends by chance, and looks after each step whether what must always hold has held. */
export async function walk(stage: Stage, steps: number, seed: number): Promise<WalkResult> {
  const random = new Random(seed);
  const taken: Step[] = [];
  const ables: Able[] = [{ at: stage.now(), lbs: [...LBS], watched: [...LBS] }];
  const violations: string[] = [];
  const begin = stage.now();
  let model = wholeModel;
  let judged = begin;
  const take = async (step: Step): Promise<void> => {
    const next = after(model, step);
    // A node that breaks is not to be relied on from before the fault; one that is mended, from after it.
    ables.push({ at: stage.now(), lbs: both(able(model), able(next)), watched: both(watched(model), watched(next)) });
    await perform(stage, step, taken.length);
    model = next;
    taken.push(step);
    ables.push({ at: stage.now(), lbs: able(model), watched: watched(model) });
  };
  const judge = (): void => {
    const to = stage.now() - LATE_MS;
    const evidence = { able: ables, routes: stage.routes.states, direct: stage.direct.samples };
    const found = [
      ...absences(evidence, judged, to, BOUNDS),
      ...blackHoles(evidence, judged - BOUNDS.unwatchedMs, to, BOUNDS),
    ];
    for (const what of found) violations.push(`step ${taken.length}: ${what}; before: ${lastOf(taken)}`);
    judged = to;
  };
  while (taken.length < steps && violations.length === 0) {
    const step = choose(model, random);
    stage.say(`walk ${seed} ${String(taken.length + 1).padStart(3)}: ${describeStep(step)} (${able(model).join(' ')})`);
    await take(step);
    await settle(stage, model, random);
    judge();
  }
  for (const step of mendingAll(model)) await take(step);
  const restored = await whole(stage);
  await pause(LATE_MS);
  judge();
  if (restored === undefined)
    violations.push(`mended, and yet not whole: ${stage.routes.now.join(' ')}; before: ${lastOf(taken)}`);
  const samples = stage.traffic.between(begin, stage.now());
  const failures = samples.filter(({ error }) => error !== undefined).length;
  return { seed, steps: taken.length, requests: samples.length, failed: failures, violations };
}

const both = <T>(some: readonly T[], others: readonly T[]): T[] => some.filter((one) => others.includes(one));

const lastOf = (taken: readonly Step[]): string => taken.slice(-HISTORY).map(describeStep).join(', ');

/** Waits until the switch uses exactly the nodes it should; bounded, since the judgement does not depend on it. */
async function settle({ routes }: Stage, model: Model, random: Random): Promise<void> {
  const expected = able(model);
  await pause(LEAST_MS);
  if (expected.length === 0 || random.chance(HASTE)) return;
  await waitUntil(async () => routes.now.join() === expected.join(), SETTLE_MS);
}
