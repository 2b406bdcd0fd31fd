import { eventUntil } from '../../../lab/observe/agents.ts';
import { continueGobgpd, freezeGobgpd, killGobgpd } from '../actions.ts';
import { FACTS, type Lb } from '../cluster.ts';
import type { Played, Row } from '../row.ts';
import { agentEvent, pause, routeWith, routeWithout, type Stage } from '../stage.ts';
import { raised, since, staysOnTheNetwork, withdrawn } from './shapes.ts';

const BOTH = ['frr', 'bird'] as const;

/** What happens to gobgpd. */
export const GOBGPD_ROWS: readonly Row[] = [
  {
    name: 'gobgpd-crash',
    title: 'gobgpd crash',
    measures: 'off the switch',
    boundMs: 300,
    switches: BOTH,
    play: async (stage) => {
      const { detected, left, ...played } = await crash(stage, 'lb2');
      return { ...played, measuredMs: left, detectedMs: detected };
    },
  },
  {
    name: 'gobgpd-restart',
    title: 'gobgpd crash, started again',
    measures: 'announced again, after gobgpd is back',
    // Most of it is the start of gobgpd, which takes one to two seconds in a machine of this kind.
    boundMs: 3000,
    switches: BOTH,
    play: async (stage) => {
      const { detected, left: _, ...played } = await crash(stage, 'lb1');
      return { ...played, measuredMs: played.backMs, detectedMs: detected };
    },
  },
  {
    name: 'gobgpd-hang',
    title: 'gobgpd hang',
    measures: 'off the switch',
    boundMs: 1500,
    switches: BOTH,
    play: (stage) =>
      withdrawn(stage, 'lb3', {
        make: () => freezeGobgpd(stage.lab, 'lb3'),
        mend: () => continueGobgpd(stage.lab, 'lb3'),
        detected: raised('gobgpd-unreachable'),
      }),
  },
];

/** Kills gobgpd and starts it again, with its sidecar. Times are milliseconds after what they follow. */
async function crash(stage: Stage, lb: Lb) {
  const { lab, now } = stage;
  const { gobgp } = FACTS[lb];
  const at = await killGobgpd(lab, lb);
  const [detected, left] = await Promise.all([
    agentEvent(stage, lb, raised('gobgpd-unreachable'), at),
    routeWithout(stage, lb, at, 20_000),
  ]);
  await pause(1000);
  const askedAt = now();
  await lab.start(gobgp);
  const started = await eventUntil(lab, gobgp, ({ event }) => event === 'sidecar-started', askedAt, 60_000);
  const back = await routeWith(stage, lb, askedAt, 60_000);
  return {
    at,
    detected: since(at, detected?.at),
    left: since(at, left?.at),
    routeChangedMs: since(at, left?.at),
    backMs: since(started?.at ?? askedAt, back?.at),
    sightings: [
      { what: 'the agent notices', seen: detected !== undefined },
      { what: 'the switch leaves the node', seen: left !== undefined },
      { what: 'the switch uses the node again', seen: back !== undefined },
      staysOnTheNetwork(stage, at),
    ],
  } satisfies Omit<Played, 'measuredMs'> & Record<string, unknown>;
}
