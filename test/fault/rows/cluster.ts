import { failed, type Sample } from '../../../lab/observe/traffic.ts';
import { LBS, nodeObject, PODS, webSlices } from '../cluster.ts';
import { lackingMs } from '../evidence.ts';
import type { Played, Row } from '../row.ts';
import { pause, type Stage, waitUntil } from '../stage.ts';
import { unnoticed } from './shapes.ts';

const UNNOTICED = { measures: 'time without all paths', boundMs: 0 } as const;

/** What happens in the cluster. */
export const CLUSTER_ROWS: readonly Row[] = [
  {
    name: 'api-server-down',
    title: 'API server down',
    ...UNNOTICED,
    switches: ['frr'],
    play: (stage) =>
      unnoticed(stage, async () => {
        await stage.api.down();
        await pause(20_000);
        await stage.api.up();
        await pause(3000);
      }),
  },
  {
    name: 'node-cordoned',
    title: 'Node cordoned',
    ...UNNOTICED,
    switches: ['frr'],
    play: (stage) =>
      unnoticed(stage, async () => {
        const taints = [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }];
        await stage.api.put(nodeObject('lb1', { unschedulable: true, taints }));
        await pause(3000);
        await stage.api.put(nodeObject('lb1'));
      }),
  },
  {
    name: 'all-endpoints-gone',
    title: 'All backends of a Service gone',
    ...UNNOTICED,
    switches: ['frr'],
    play: endpointsGone,
  },
];

/** An agent that the API server was away from asks again after some seconds only, and this row may be played behind that one. */
const AFTER_OUTAGE_MS = 30_000;

const isRefused = ({ error }: Sample): boolean => error === 'ECONNREFUSED';

/** The range stays, and who asks for the Service is refused at once instead of waiting. */
async function endpointsGone({ api, now, routes, traffic }: Stage): Promise<Played> {
  const at = now();
  for (const slice of webSlices([])) await api.put(slice);
  const areRefused = async (): Promise<boolean> => traffic.samples.slice(-10).every(isRefused);
  await waitUntil(areRefused, AFTER_OUTAGE_MS);
  const begin = now();
  await pause(2000);
  const end = now();
  for (const slice of webSlices(PODS)) await api.put(slice);
  await pause(2000);
  const settled = traffic.between(begin, end - 500);
  const slowest = Math.max(...settled.map(({ tookMs }) => tookMs));
  const back = failed(traffic.between(end + 1000, now() - 500)).length;
  return {
    at,
    measuredMs: lackingMs(routes.states, LBS, at, now()),
    sightings: [
      {
        what: 'every request is refused',
        seen: settled.length > 0 && settled.every(isRefused),
      },
      { what: `the slowest refusal takes less than 500 ms (${slowest} ms)`, seen: slowest < 500 },
      { what: `with endpoints again, requests succeed (${back} failed)`, seen: back === 0 },
    ],
    notes: [`${settled.length} requests were refused, the slowest after ${slowest} ms`],
  };
}
