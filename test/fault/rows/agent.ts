import { agentConfig, CONFIG, CRASH_GRACE_MS, HANG_GRACE_MS, type Lb } from '../cluster.ts';
import type { Row } from '../row.ts';
import { pause, restart, type Stage } from '../stage.ts';
import { unnoticed, withdrawn } from './shapes.ts';

/** What the sidecar may take beyond its grace. */
const LATE_MS = 200;
const BOTH = ['frr', 'bird'] as const;
const UNNOTICED = { measures: 'time without all paths', boundMs: 0 } as const;

/** What happens to the agent. */
export const AGENT_ROWS: readonly Row[] = [
  {
    name: 'agent-crash-inside-grace',
    title: 'Agent crash, restarted inside the grace',
    ...UNNOTICED,
    switches: ['frr'],
    play: (stage) => unnoticed(stage, () => restart(stage, 'lb1')),
  },
  {
    name: 'agent-crash',
    title: 'Agent crash, not restarted',
    measures: 'off the switch',
    boundMs: CRASH_GRACE_MS + LATE_MS,
    switches: BOTH,
    play: (stage) =>
      withdrawn(stage, 'lb2', {
        make: () => signalAgent(stage, 'lb2', 'SIGKILL'),
        mend: () => stage.lab.start('lb2'),
      }),
  },
  {
    name: 'agent-hang',
    title: 'Agent hang',
    measures: 'off the switch',
    boundMs: HANG_GRACE_MS + LATE_MS,
    switches: BOTH,
    play: (stage) =>
      withdrawn(stage, 'lb3', {
        make: () => signalAgent(stage, 'lb3', 'SIGSTOP'),
        mend: () => stage.lab.kill('lb3', 'SIGCONT'),
      }),
  },
  {
    name: 'bad-config',
    title: 'Bad config',
    ...UNNOTICED,
    switches: ['frr'],
    play: (stage) => unnoticed(stage, () => breakConfig(stage)),
  },
];

async function signalAgent({ lab, now }: Stage, lb: Lb, signal: NodeJS.Signals): Promise<number> {
  const at = now();
  await lab.kill(lb, signal);
  return at;
}

/** The running agent takes no notice, and one that is started with the bad file runs on the last good one. */
async function breakConfig(stage: Stage): Promise<void> {
  const { lab } = stage;
  await lab.writeFile('lb1', CONFIG, `${agentConfig('lb1')}announcment: {}\n`);
  await pause(3000);
  await restart(stage, 'lb1');
  await lab.writeFile('lb1', CONFIG, agentConfig('lb1'));
}
