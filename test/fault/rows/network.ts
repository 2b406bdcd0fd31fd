import { blockPath, cutLink, joinLink, silence, unblockPath, unsilence } from '../actions.ts';
import { agentConfig, CONFIG, type Lb, LBS } from '../cluster.ts';
import type { Played, Row } from '../row.ts';
import { pause, restart, run, type Stage, waitUntil } from '../stage.ts';
import { raised, since, withdrawn } from './shapes.ts';

const BOTH = ['frr', 'bird'] as const;
/** The switch's hold time and what its timer may be late. */
const HOLD_MS = 3500;
/** Three intervals of 300 ms, and what the machine takes on top until the kernel's route is gone. */
const BFD_MS = 2000;

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
    name: 'node-power-loss-bfd',
    title: 'Node power loss, with BFD',
    measures: 'withdrawn',
    boundMs: BFD_MS,
    switches: BOTH,
    gobgpd: '4',
    play: (stage) =>
      withBfd(stage, 'lb3', () =>
        withdrawn(stage, 'lb3', {
          make: () => silence(stage.lab, 'lb3'),
          mend: () => unsilence(stage.lab, 'lb3'),
        }),
      ),
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

/**
 * Has an lb node speak BFD with the switch while a row is played, and no longer: where all nodes share one slow core,
 * a gobgpd may go without it for 900 ms, and its session then flaps.
 */
async function withBfd(stage: Stage, lb: Lb, play: () => Promise<Played>): Promise<Played> {
  const { lab } = stage;
  const configure = async (text: string): Promise<void> => {
    await lab.writeFile(lb, CONFIG, text);
    await restart(stage, lb);
  };
  const isUp = async (): Promise<boolean> => /established +up /.test(await run(lab, lb, 'fairlead', 'status'));
  await configure(agentConfig(lb, ', bfd: 300x3'));
  try {
    if (!(await waitUntil(isUp, 30_000))) throw new Error(`${lb}: BFD with the switch does not come up`);
    return await play();
  } finally {
    await configure(agentConfig(lb));
  }
}

async function rebootSwitch({ now, routes, tor }: Stage): Promise<Played> {
  const at = now();
  await tor.reboot();
  const upAt = now();
  const back = await routes.until(LBS, upAt, 60_000);
  await pause(1000);
  return { at, measuredMs: since(upAt, back?.at), backMs: since(upAt, back?.at) };
}
