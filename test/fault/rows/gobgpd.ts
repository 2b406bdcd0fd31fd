import { continueGobgpd, freezeGobgpd } from '../actions.ts';
import { FACTS } from '../cluster.ts';
import type { Played, Row } from '../row.ts';
import { agentEvent, pause, routeWith, routeWithout, type Stage } from '../stage.ts';
import { raised, since, staysOnTheNetwork, withdrawn } from './shapes.ts';

const GONE_MS = 300;
const BACK_MS = 3000;

/** What happens to gobgpd. */
export const GOBGPD_ROWS: readonly Row[] = [
  {
    name: 'gobgpd-crash',
    title: 'gobgpd crash',
    measures: 'withdrawn',
    boundMs: GONE_MS,
    switches: ['frr', 'bird'],
    play: crash,
  },
  {
    name: 'gobgpd-hang',
    title: 'gobgpd hang',
    measures: 'off the switch',
    boundMs: 1500,
    switches: ['frr', 'bird'],
    play: (stage) =>
      withdrawn(stage, 'lb3', {
        make: () => freezeGobgpd(stage.lab, 'lb3'),
        mend: () => continueGobgpd(stage.lab, 'lb3'),
        detected: raised('gobgpd-unreachable'),
      }),
  },
];

async function crash(stage: Stage): Promise<Played> {
  const { lab, now } = stage;
  const { gobgp } = FACTS.lb2;
  const at = now();
  await lab.kill(gobgp, 'SIGKILL');
  const [detected, left] = await Promise.all([
    agentEvent(stage, 'lb2', raised('gobgpd-unreachable'), at),
    routeWithout(stage, 'lb2', at, 20_000),
  ]);
  await pause(1000);
  const startedAt = now();
  await lab.start(gobgp);
  const back = await routeWith(stage, 'lb2', startedAt, 60_000);
  const backMs = since(startedAt, back?.at);
  return {
    at,
    detectedMs: since(at, detected?.at),
    measuredMs: since(at, left?.at),
    routeChangedMs: since(at, left?.at),
    backMs,
    sightings: [
      { what: 'the agent notices', seen: detected !== undefined },
      { what: `announcing again within ${BACK_MS} ms (${backMs} ms)`, seen: backMs !== undefined && backMs <= BACK_MS },
      staysOnTheNetwork(stage, at),
    ],
  };
}
