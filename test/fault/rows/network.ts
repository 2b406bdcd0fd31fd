import { blockPath, cutLink, joinLink, silence, unblockPath, unsilence } from '../actions.ts';
import { LBS } from '../cluster.ts';
import type { Played, Row } from '../row.ts';
import { pause, type Stage } from '../stage.ts';
import { raised, since, withdrawn } from './shapes.ts';

const BOTH = ['frr', 'bird'] as const;
/** The switch's hold time and what its timer may be late. */
const HOLD_MS = 3500;

/** The way of the packets breaks. */
export const NETWORK_ROWS: readonly Row[] = [
  {
    name: 'path-blocked',
    title: 'Packet path blocked',
    measures: 'withdrawn',
    boundMs: 3000,
    switches: BOTH,
    play: (stage) =>
      withdrawn(stage, 'lb1', {
        make: () => blockPath(stage.lab, 'lb1'),
        mend: () => unblockPath(stage.lab, 'lb1'),
        detected: raised('probe-failed'),
      }),
  },
  {
    name: 'link-down',
    title: 'NIC down, cable cut',
    measures: 'withdrawn',
    boundMs: HOLD_MS,
    switches: BOTH,
    play: (stage) =>
      withdrawn(stage, 'lb2', {
        make: () => cutLink(stage.lab, 'lb2'),
        mend: () => joinLink(stage.lab, 'lb2'),
      }),
  },
  {
    name: 'node-power-loss',
    title: 'Node power loss',
    measures: 'withdrawn',
    boundMs: HOLD_MS,
    switches: BOTH,
    play: (stage) =>
      withdrawn(stage, 'lb3', {
        make: () => silence(stage.lab, 'lb3'),
        mend: () => unsilence(stage.lab, 'lb3'),
      }),
  },
  {
    name: 'switch-reboot',
    title: 'Switch reboot',
    measures: 'all paths back, after the switch is up',
    boundMs: 5000,
    switches: BOTH,
    play: rebootSwitch,
  },
];

async function rebootSwitch({ now, routes, tor }: Stage): Promise<Played> {
  const at = now();
  await tor.reboot();
  const upAt = now();
  const back = await routes.until(LBS, upAt, 60_000);
  await pause(1000);
  return { at, measuredMs: since(upAt, back?.at), backMs: since(upAt, back?.at) };
}
