import { release } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { CONTENDERS, type ContenderName } from './contenders.ts';
import { type Lesser, Node } from './node.ts';
import { type AnnounceReport, type DecisionName, noSamples, reportOf, type Sample, type Samples } from './report.ts';
export { renderAnnounce } from './render.ts';
import { Stage } from './stage.ts';

/** In turns, so that none always has the machine when it is slow. */
const TURNS = 5;
const ROUNDS = 100;
/** Milliseconds: a decision may fall upon whatever the speaker does by itself. */
const LONGEST_PAUSE = 60;
/** Milliseconds for what takes a few. */
const PATIENCE = 20_000;

type Tell = (text: string) => void;

/** Measures in a network namespace. Rejects where a decision does not come to gobgpd and to the switch. */
export async function benchAnnounce(tell: Tell): Promise<AnnounceReport> {
  const samples: Record<ContenderName, Samples> = { ours: noSamples(), readFirst: noSamples() };
  const stage = await Stage.open();
  try {
    for (let turn = 0; turn < TURNS; turn++) {
      const names = ['ours', 'readFirst'] as const;
      for (const name of turn % 2 === 0 ? names : names.toReversed()) {
        tell(`${name}, ${turn + 1} of ${TURNS}`);
        for (const lesser of ['deprioritised', 'withdrawn'] as const) await play(stage, name, lesser, samples[name]);
      }
    }
  } finally {
    await stage.close();
  }
  return reportOf(samples.ours, samples.readFirst, { kernel: release(), node: `node ${process.version}` });
}

/** One agent that goes to the lesser state and back again and again. */
async function play(stage: Stage, name: ContenderName, lesser: Lesser, into: Samples): Promise<void> {
  const node = new Node(stage.target, CONTENDERS[name], lesser);
  await node.reach('announced');
  // gobgpd takes some seconds for the first session.
  await until(() => stage.updates.at(-1)?.withdrawn === false || undefined, 'the path on the switch');
  for (let round = 0; round < ROUNDS; round++) {
    into[lesser].push(await decide(stage, node, lesser));
    into.announced.push(await decide(stage, node, 'announced'));
  }
  await node.stop();
}

/** One decision, which is to take one call and one UPDATE. */
async function decide({ updates }: Stage, node: Node, state: DecisionName): Promise<Sample> {
  const { calls } = node.api;
  const [call, update] = [calls.length, updates.length];
  const at = await node.reach(state);
  const { answeredAt, issuedAt } = await until(() => calls[call], `a call of gobgpd, for ${state}`);
  const { at: switchedAt } = await until(() => updates[update], `an UPDATE, for ${state}`);
  await pause(Math.random() * LONGEST_PAUSE);
  const found = [calls.length - call, updates.length - update];
  if (found.join() !== '1,1')
    throw new Error(`${state}: expected one call and one UPDATE, found ${found.join(' and ')}`);
  return { issued: issuedAt - at, answered: answeredAt - at, onSwitch: switchedAt - at };
}

async function until<T>(look: () => T | undefined, what: string): Promise<T> {
  const end = performance.now() + PATIENCE;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`expected ${what} within ${PATIENCE} ms, found none`);
    await pause(1);
  }
}
