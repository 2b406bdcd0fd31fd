import { setTimeout as pause } from 'node:timers/promises';
import { indexOfAddress, serviceKey, type Size } from '../objects.ts';
import type { Life } from '../report.ts';
import type { Sent } from '../server/server.ts';
import { AgentLab, type Recorded } from './lab.ts';

/** An emulated kernel takes 25 times as long for fresh memory and 80 us for a system call: more would only be a queue. */
const EVENTS_PER_SECOND = 20;
const EVENTS = 100;
/** Milliseconds for what the start and the last event leave to be done. */
const QUIET = 5000;
const SETTLED = 10_000;

/** One life of the agent as it ships, over the IPVS of a lab machine. */
export async function liveInLab(size: Size, folder: string, tell: (text: string) => void): Promise<Life> {
  await using lab = await AgentLab.up(size, folder, tell);
  tell(`waiting for ${size.services} virtual servers`);
  await lab.changed(size.services * (1 + size.endpointsEach));
  await pause(QUIET);
  await lab.order({ op: 'prepare', changes: EVENTS });
  const before = await lab.recorded();
  const sent = await lab.order({ op: 'send', perSecond: EVENTS_PER_SECOND });
  const after = await lab.changed(before.changes + sent.length);
  await pause(SETTLED);
  return {
    ...size,
    machine: lab.kind,
    eventsPerSecond: EVENTS_PER_SECOND,
    latencies: latenciesOf(sent, after),
    callsPerEvent: (after.calls - before.calls) / sent.length,
    settled: await lab.recorded(),
  };
}

function latenciesOf(sent: readonly Sent[], { noted }: Recorded): number[] {
  const changed = Map.groupBy(noted, ([address]) => serviceKey(indexOfAddress(address)));
  return sent.map(([service, at]) => {
    const found = changed.get(service)?.find(([, time]) => time >= at);
    if (found === undefined) throw new Error(`the event of ${service} was sent, and changed nothing in the kernel`);
    return found[1] - at;
  });
}
