/**
 * Takes tables of one size through the same changes, by ipvsadm and by fairlead in turn, in the kernel it is started on.
 * Usage: guest.ts SERVICES REAL_SERVERS_EACH REPETITIONS, with node's --expose-gc.
 * Prints a line of JSON for each turn, and one with what was measured.
 */
import { linesOf, savedLines } from '../../kernel/ipvsadm.ts';
import { Cluster, sliceObject } from './cluster.ts';
import { type Contender, Fairlead, Ipvsadm } from './contenders.ts';
import type { Memory, Raw, Times } from './report.ts';
import { replaced, reweighted, virtualServers, type Wanted } from './workload.ts';

const SINGLE_CHANGES = 20;
const HUNDREDS = 10;
const AUDITS = 3;
const SLICES = 20;
const COLLECTIONS = 10;

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

/** Several collections, since what is only cached goes by and by. */
function collectedHeap(): number {
  for (let collection = 0; collection < COLLECTIONS; collection++) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** The resident memory never shrinks: what it was without the table is known before; of the heap, behind it. */
async function fairleadTurn(raw: Raw): Promise<void> {
  const rss = process.memoryUsage.rss();
  const loaded = await fairleadPlay(raw, raw.memory === undefined);
  if (loaded) raw.memory = { without: { rss, heapUsed: collectedHeap() }, with: loaded };
}

/** What fairlead does beside: it looks for drift where there is none, and follows a cluster. */
async function fairleadPlay(raw: Raw, weighs: boolean): Promise<Memory | undefined> {
  const fairlead = new Fairlead();
  const changed = await turn(fairlead, raw.fairlead);
  for (let repeat = 0; repeat < AUDITS; repeat++) {
    raw.audits.push({ ms: await timed(fairlead.audit(changed)), writes: fairlead.writes });
  }
  const wanted = await countMessages(fairlead, changed, raw.messages);
  // Once is enough: a collection gives pages back, whose next use costs more than the work that is measured.
  const memory = weighs ? { rss: process.memoryUsage.rss(), heapUsed: collectedHeap() } : undefined;
  verify(fairlead, wanted);
  await followSlices(fairlead, wanted, raw.endToEnd);
  fairlead.close();
  return memory;
}

async function countMessages(fairlead: Fairlead, before: Wanted, counts: number[]): Promise<Wanted> {
  const [server] = reweighted(before, 1, 100);
  if (server === undefined) return before;
  const wanted = replaced(before, [server]);
  const sent = fairlead.messagesSent;
  await fairlead.change(wanted, [server])();
  counts.push(fairlead.messagesSent - sent);
  return wanted;
}

/** A pod that ends gets weight 0, and 1 again when it turns out to stay: an edit each time, as the other changes are. */
async function followSlices(fairlead: Fairlead, loaded: Wanted, into: number[]): Promise<void> {
  const cluster = new Cluster(virtualServers(size));
  await fairlead.change(cluster.wanted, [...loaded.values()])();
  verify(fairlead, cluster.wanted);
  const servers = reweighted(cluster.wanted, SLICES / 2, 1);
  for (const [ready, server] of servers.flatMap(
    (one) =>
      [
        [false, one],
        [true, one],
      ] as const,
  )) {
    const slice = sliceObject(server, ready);
    into.push(await timed(() => fairlead.follow(cluster.wanted, cluster.take(slice))));
  }
  verify(fairlead, cluster.wanted);
}

async function ipvsadmTurn(raw: Raw): Promise<void> {
  const ipvsadm = new Ipvsadm();
  await turn(ipvsadm, raw.ipvsadm);
  ipvsadm.close();
}

const raw: Raw = {
  size,
  repetitions,
  fairlead: noTimes(),
  ipvsadm: noTimes(),
  audits: [],
  messages: [],
  endToEnd: [],
  memory: undefined,
};
for (let repetition = 0; repetition < repetitions; repetition++) {
  // In turn, so that none always has the machine when it is slow.
  const turns = [fairleadTurn, ipvsadmTurn];
  for (const play of repetition % 2 === 0 ? turns : turns.toReversed()) {
    tell({ progress: `${play === fairleadTurn ? 'fairlead' : 'ipvsadm'}, ${repetition + 1} of ${repetitions}` });
    await play(raw);
  }
}
tell({ raw });
