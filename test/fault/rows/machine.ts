import type { Lb } from '../cluster.ts';
import type { Played, Row } from '../row.ts';
import { pause, run, type Stage, stepsBack } from '../stage.ts';
import { raised, unnoticed, withdrawn } from './shapes.ts';

const MAX = '/proc/sys/net/netfilter/nf_conntrack_max';
/** More than the client of the lab ever needs, and soon filled. */
const LOW_MAX = 8192;
/** The discard port of pod1: nothing answers there. */
const FILLER = `const socket = require('node:dgram').createSocket('udp4');
  let sent = 0;
  const send = () => { for (let i = 0; i < 200 && sent < Number(process.argv[1]); i++, sent++)
    socket.send('x', 1024 + sent, '10.1.0.101'); if (sent < Number(process.argv[1])) setTimeout(send, 5); else socket.unref(); };
  send();`;

/** In namespaces the clock and the limit of conntrack are the host's own. */
const OWN_KERNEL = ['uml', 'qemu'] as const;

const UNNOTICED = { measures: 'time without all paths', boundMs: 0, switches: ['frr'] } as const;

/** What happens to the machine of an lb node. */
export const MACHINE_ROWS: readonly Row[] = [
  {
    name: 'conntrack-full',
    title: 'conntrack full',
    measures: 'off the switch',
    boundMs: 3000,
    switches: ['frr'],
    machines: OWN_KERNEL,
    play: conntrackFull,
  },
  {
    name: 'cpu-starved',
    title: 'CPU starvation',
    ...UNNOTICED,
    play: (stage) => unnoticed(stage, () => starve(stage, 'lb1')),
  },
  {
    name: 'clock-stepped',
    title: 'Wrong clock',
    ...UNNOTICED,
    machines: OWN_KERNEL,
    play: stepClock,
  },
];

/** The limit is the machine's, and the count is each node's own: only lb3 comes near it. */
async function conntrackFull(stage: Stage): Promise<Played> {
  const { lab, now } = stage;
  const limit = (max: number): Promise<string> =>
    run(lab, 'lb3', 'nsenter', '-t', '1', '-n', 'sh', '-c', `echo ${max} >${MAX}`);
  const before = Number(await run(lab, 'lb3', 'cat', MAX));
  await run(lab, 'lb3', 'node', '-e', FILLER, String(LOW_MAX));
  try {
    return await withdrawn(stage, 'lb3', {
      make: async () => {
        const at = now();
        await limit(LOW_MAX);
        return at;
      },
      mend: () => limit(before),
      detected: raised('conntrack-full'),
    });
  } finally {
    await limit(before);
    await run(lab, 'lb3', 'conntrack', '-D', '-p', 'udp');
  }
}

const HOGS = 3;
const STARVE_MS = 10_000;

/** Leaves the agent and the gobgpd of a node a fourth of what the other nodes of the machine do not use. */
async function starve({ lab }: Stage, lb: Lb): Promise<void> {
  const nice = (value: number): Promise<string> =>
    run(
      lab,
      lb,
      'sh',
      '-c',
      `mine=$(readlink /proc/self/ns/net)
      for folder in $(find /proc -maxdepth 3 -path '/proc/[0-9]*/ns/net' -lname "$mine" -printf '%h\\n'); do
        [ ! -d "\${folder%/ns}/task" ] || renice -n ${value} -p $(ls "\${folder%/ns}/task") >/dev/null || true
      done`,
    );
  await nice(10);
  const spin = ['nice', '-n', '10', 'sh', '-c', 'while :; do :; done'];
  const hogs = await Promise.all(Array.from({ length: HOGS }, () => lab.spawn(lb, spin)));
  await pause(STARVE_MS);
  await Promise.all(hogs.map((hog) => hog.kill('SIGKILL')));
  await nice(0);
}

/** An hour forward, and back. The evidence is counted, since its times jump as well. */
async function stepClock(stage: Stage): Promise<Played> {
  const { lab, now, routes, tor } = stage;
  const before = await tor.history();
  const at = now();
  const known = routes.states.length;
  for (const step of ['+1 hour', '-1 hour']) {
    await run(lab, 'lb1', 'date', '-s', step);
    await pause(6000);
  }
  const after = await tor.history();
  const changes = routes.states.length - known;
  return {
    at,
    measuredMs: changes === 0 ? 0 : now() - at,
    sightings: [
      { what: `the switch hears nothing new (before: ${before}; after: ${after})`, seen: before === after },
      { what: 'no agent steps back', seen: (await stepsBack(stage, at)) === 0 },
    ],
  };
}
