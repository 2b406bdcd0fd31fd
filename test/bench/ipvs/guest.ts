/**
 * Takes tables of one size through the same changes, by ipvsadm and by fairlead in turn, in the kernel it is started on.
 * Usage: guest.ts SERVICES REAL_SERVERS_EACH REPETITIONS, with node's --expose-gc.
 * Prints a line of JSON for each turn, and one with what was measured.
 */
import { linesOf, savedLines } from '../../kernel/ipvsadm.ts';
import { type Contender, Fairlead, Ipvsadm } from './contenders.ts';
import type { Memory, Raw, Times } from './report.ts';
import { replaced, reweighted, virtualServers, type Wanted } from './workload.ts';

const SINGLE_CHANGES = 10;
const HUNDREDS = 3;
const AUDITS = 3;

const [services = 0, realServersEach = 0, repetitions = 0] = process.argv.slice(2).map(Number);
const size = { services, realServersEach };

const tell = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const noTimes = (): Times => ({ load: [], read: [], change1: [], change100: [] });

async function timed(work: () => unknown): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** Takes one contender through everything, and looks with ipvsadm whether the kernel holds what it should. */
async function turn(contender: Contender, times: Times): Promise<Wanted> {
  const loaded = virtualServers(size);
  times.load.push(await timed(contender.load(loaded)));
  verify(contender, loaded);
  times.read.push(await timed(contender.read()));
  const once = await changes(contender, loaded, { count: 1, repeats: SINGLE_CHANGES, into: times.change1 });
  const changed = await changes(contender, once, { count: 100, repeats: HUNDREDS, into: times.change100 });
  verify(contender, changed);
  return changed;
}

interface Changes {
  readonly count: number;
  readonly repeats: number;
  readonly into: number[];
}

/** Every repeat gives the same real servers another weight. */
async function changes(contender: Contender, before: Wanted, { count, into, repeats }: Changes): Promise<Wanted> {
  let wanted = before;
  for (let repeat = 0; repeat < repeats; repeat++) {
    const servers = reweighted(wanted, count, count + repeat + 1);
    wanted = replaced(wanted, servers);
    into.push(await timed(contender.change(wanted, servers)));
  }
  return wanted;
}

function verify(contender: Contender, wanted: Wanted): void {
  const expected = [...wanted.values()].flatMap(linesOf).toSorted();
  const found = savedLines(contender.netns).toSorted();
  const at = expected.findIndex((line, index) => line !== found[index]);
  if (at < 0 && found.length === expected.length) return;
  const [wants, has] = [expected[at], found[at < 0 ? expected.length : at]];
  throw new Error(`after ${contender.constructor.name}: expected ${wants}, found ${has}`);
}

function memory(): Memory {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return { rss, heapUsed };
}

/** What fairlead does beside: it looks for drift where there is none, and holds what it knows of the table. */
async function fairleadTurn(raw: Raw): Promise<void> {
  const without = memory();
  const fairlead = new Fairlead();
  const wanted = await turn(fairlead, raw.fairlead);
  for (let repeat = 0; repeat < AUDITS; repeat++) {
    const ms = await timed(fairlead.audit(wanted));
    raw.audits.push({ ms, writes: fairlead.writes });
  }
  raw.memory ??= { without, with: memory() };
  verify(fairlead, wanted);
  fairlead.close();
}

async function ipvsadmTurn(raw: Raw): Promise<void> {
  const ipvsadm = new Ipvsadm();
  await turn(ipvsadm, raw.ipvsadm);
  ipvsadm.close();
}

const raw: Raw = { size, repetitions, fairlead: noTimes(), ipvsadm: noTimes(), audits: [], memory: undefined };
for (let repetition = 0; repetition < repetitions; repetition++) {
  // In turn, so that none always has the machine when it is slow.
  const turns = [fairleadTurn, ipvsadmTurn];
  for (const play of repetition % 2 === 0 ? turns : turns.toReversed()) {
    tell({ progress: `${play === fairleadTurn ? 'fairlead' : 'ipvsadm'}, ${repetition + 1} of ${repetitions}` });
    await play(raw);
  }
}
tell({ raw });
