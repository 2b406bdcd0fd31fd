import { blockPath, unblockPath } from '../actions.ts';
import { FACTS, LBS, MAX_HOLD_DOWN_MS, nodeObject } from '../cluster.ts';
import { absentMs, changesBetween } from '../evidence.ts';
import type { LogEvent } from '../../../lab/observe/agents.ts';
import { failed, type Sample } from '../../../lab/observe/traffic.ts';
import type { Played, Row } from '../row.ts';
import { agentEvent, pause, routeWith, routeWithout, type Stage, waitUntil } from '../stage.ts';
import { raised, since } from './shapes.ts';

const BOTH = ['frr', 'bird'] as const;

/** What goes beyond one node and one moment. */
export const MANY_ROWS: readonly Row[] = [
  {
    name: 'all-fail',
    title: 'All lb nodes fail the same check',
    measures: 'time off the network',
    boundMs: 0,
    switches: BOTH,
    play: allFail,
  },
  {
    name: 'flapping-check',
    title: 'Flapping check',
    measures: 'hold-down cut short',
    boundMs: 0,
    switches: ['frr'],
    play: flap,
  },
  {
    name: 'node-drained',
    title: 'Node drained',
    measures: 'time in which new requests fail',
    boundMs: 0,
    switches: BOTH,
    play: drain,
  },
];

/** All of them stay on the network, since none is better than another. */
async function allFail(stage: Stage): Promise<Played> {
  const { lab, now, routes } = stage;
  const [at = now()] = (await Promise.all(LBS.map((lb) => blockPath(lab, lb)))).toSorted((a, b) => a - b);
  const noticed = await Promise.all(LBS.map((lb) => agentEvent(stage, lb, raised('probe-failed'), at)));
  await pause(3000);
  const isWhole = await waitUntil(async () => routes.now.join() === LBS.join(), 10_000);
  const absent = absentMs(routes.states, at, now());
  const mendedAt = now();
  await Promise.all(LBS.map((lb) => unblockPath(lab, lb)));
  // The switch uses all three already, and moves its route once more while one after the other announces in full.
  await Promise.all(LBS.map((lb) => agentEvent(stage, lb, ({ event }) => event === 'announced', mendedAt, 60_000)));
  return {
    at,
    measuredMs: absent,
    detectedMs: since(at, noticed.every(Boolean) ? Math.max(...noticed.map((event) => event?.at ?? 0)) : undefined),
    sightings: [
      { what: 'every agent notices', seen: noticed.every(Boolean) },
      { what: `the switch uses all three (${routes.now.join(' ')})`, seen: isWhole },
    ],
  };
}

const FLAPS = 3;

interface Hold {
  /** What the agent said it would wait, and what it waited. */
  readonly saidMs: number;
  readonly tookMs: number;
}

/** `announcing in full again in 2000 ms` */
const saidIn = (held: LogEvent | undefined): number => Number(/in (\d+) ms/.exec(held?.detail ?? '')?.[1]);

/** Each time, the node has to be well for twice as long before it is announced again. */
async function flap(stage: Stage): Promise<Played> {
  const { lab, now, routes } = stage;
  const begin = now();
  const holds: Hold[] = [];
  for (let i = 0; i < FLAPS; i++) {
    const at = await blockPath(lab, 'lb1');
    await routeWithout(stage, 'lb1', at, 20_000);
    const mendedAt = now();
    await unblockPath(lab, 'lb1');
    const held = await agentEvent(stage, 'lb1', ({ event }) => event === 'held-down', mendedAt);
    const announced = await agentEvent(stage, 'lb1', ({ event }) => event === 'announced', mendedAt, 60_000);
    await routeWith(stage, 'lb1', mendedAt, 20_000);
    holds.push({ saidMs: saidIn(held), tookMs: (announced?.at ?? Number.NaN) - (held?.at ?? Number.NaN) });
  }
  const seen = routes.states.filter(({ at }) => at >= begin).map(({ nexthops }) => nexthops.join(' '));
  const changes = changesBetween(routes.states, begin, now());
  const doubles = holds.every(
    ({ saidMs }, index) => index === 0 || saidMs === Math.min(2 * (holds[index - 1]?.saidMs ?? 0), MAX_HOLD_DOWN_MS),
  );
  return {
    at: begin,
    measuredMs: Math.max(0, ...holds.map(({ saidMs, tookMs }) => Math.round(saidMs - tookMs))),
    sightings: [
      { what: 'the hold-down doubles', seen: doubles },
      { what: `the switch changes its route twice for each flap (${seen.join(', ')})`, seen: changes <= 2 * FLAPS },
    ],
    notes: holds.map(({ saidMs, tookMs }) => `held down for ${saidMs} ms, which took ${tookMs} ms`),
  };
}

/** The node hands its traffic over: what is asked from then on succeeds. */
async function drain(stage: Stage): Promise<Played> {
  const { api, now, routes, streams, traffic } = stage;
  const at = now();
  const own = [...streams.open.values()].filter((lb) => lb === 'lb2').length;
  await api.put(nodeObject('lb2', {}, { 'fairlead.io/drain': 'true' }));
  const left = await routeWithout(stage, 'lb2', at, 20_000);
  const gone = await agentEvent(
    stage,
    'lb2',
    ({ event, reason }) => event === 'withdrawn' && reason === 'draining',
    at,
    30_000,
  );
  await pause(1000);
  const undrainedAt = now();
  await api.put(nodeObject('lb2'));
  const back = await routeWith(stage, 'lb2', undrainedAt, 60_000);
  await pause(2000);
  const moves = routes.states.filter((state) => state.at >= at).map((state) => state.at);
  const lost = failed(traffic.between(at, now() - 1000)).filter((sample) => !isUnderWay(sample, moves));
  return {
    at,
    measuredMs:
      lost.length === 0
        ? 0
        : Math.max(...lost.map((sample) => sample.at)) - Math.min(...lost.map((sample) => sample.at)) + 1,
    routeChangedMs: since(at, left?.at),
    detectedMs: since(at, left?.at),
    backMs: since(undrainedAt, back?.at),
    sightings: [
      { what: 'the switch leaves the node', seen: left !== undefined },
      { what: 'the node withdraws in the end', seen: gone !== undefined },
      { what: 'undrained, it is used again', seen: back !== undefined },
      { what: `Service ${FACTS.lb2.direct} was asked`, seen: traffic.samples.length > 0 },
    ],
    notes: [`${own} established connections went through the node`],
  };
}

/** A request that is under way while the switch moves connections may be reset as any other connection. */
const isUnderWay = ({ at, tookMs }: Sample, moves: readonly number[]): boolean =>
  moves.some((move) => at <= move + 50 && at + tookMs >= move - 50);
