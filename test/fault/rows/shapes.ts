import type { LogEvent } from '../../../lab/observe/agents.ts';
import { failed } from '../../../lab/observe/traffic.ts';
import { FACTS, type Lb, LBS } from '../cluster.ts';
import { absentMs, lackingMs } from '../evidence.ts';
import type { Played, Sighting } from '../row.ts';
import { agentEvent, pause, routeWith, routeWithout, type Stage, stepsBack } from '../stage.ts';

/** Requests that come after a repair and have to succeed. */
const WATCH_MS = 1500;

/** What was changed in an lb node's tables is put right by its agent, and nobody else notices. */
export async function repaired(stage: Stage, lb: Lb, part: string, breakIt: () => Promise<number>): Promise<Played> {
  const { now, routes } = stage;
  const at = await breakIt();
  const fits = (event: LogEvent): boolean => event.event === 'kernel-changed' && event.part === part;
  const repair = await agentEvent(stage, lb, fits, at);
  const repairedAt = repair?.at ?? now();
  await pause(WATCH_MS);
  const lacking = lackingMs(routes.states, LBS, at, now());
  const after = failedThrough(stage, lb, repairedAt + 100, now() - 1000);
  return {
    at,
    detectedMs: since(at, repair?.at),
    measuredMs: since(at, repair?.at),
    sightings: [
      { what: `no withdrawal: the switch keeps all its paths (${lacking} ms without)`, seen: lacking === 0 },
      { what: 'no agent steps back', seen: (await stepsBack(stage, at)) === 0 },
      { what: `after the repair, requests through ${lb} succeed (${after} failed)`, seen: after === 0 },
    ],
  };
}

/** Nothing happens: the switch keeps all its paths, hears no UPDATE and loses no session. Measured: time without a path. */
export async function unnoticed(stage: Stage, fault: () => Promise<unknown>): Promise<Played> {
  const { now, routes, tor, traffic } = stage;
  const before = await tor.history();
  const at = now();
  await fault();
  const end = now();
  const after = await tor.history();
  await pause(1500);
  const lost = failed(traffic.between(at, end)).length;
  return {
    at,
    measuredMs: lackingMs(routes.states, LBS, at, end),
    sightings: [
      { what: `the switch hears nothing new (before: ${before}; after: ${after})`, seen: before === after },
      { what: `no request fails (${lost} did)`, seen: lost === 0 },
    ],
  };
}

/** The switch stops using an lb node, which is measured, and uses it again once the fault is mended. */
export async function withdrawn(stage: Stage, lb: Lb, fault: Mendable): Promise<Played> {
  const { now, routes } = stage;
  const at = await fault.make();
  const [detected, left] = await Promise.all([
    fault.detected && agentEvent(stage, lb, fault.detected, at),
    routeWithout(stage, lb, at, 30_000),
  ]);
  await pause(WATCH_MS);
  const mendedAt = now();
  await fault.mend();
  const back = await routeWith(stage, lb, mendedAt, 60_000);
  return {
    at,
    detectedMs: since(at, detected?.at),
    measuredMs: since(at, left?.at),
    routeChangedMs: since(at, left?.at),
    backMs: since(mendedAt, back?.at),
    sightings: [
      ...(fault.detected ? [{ what: `the agent of ${lb} notices`, seen: detected !== undefined }] : []),
      staysOnTheNetwork(stage, at),
      noFailuresOnceGone(stage, left?.at ?? mendedAt, mendedAt),
      { what: `the switch uses ${lb} again`, seen: back !== undefined },
      ...(routes.states.length === 0 ? [{ what: 'the tor was watched', seen: false }] : []),
    ],
  };
}

interface Mendable {
  /** @returns when it was made */
  make(): Promise<number>;
  mend(): Promise<unknown>;
  /** The event by which the agent says that it knows. */
  readonly detected?: (event: LogEvent) => boolean;
}

export const raised =
  (code: string) =>
  (event: LogEvent): boolean =>
    event.event === 'condition-raised' && event.code === code;

export function staysOnTheNetwork({ now, routes }: Stage, from: number): Sighting {
  const absent = absentMs(routes.states, from, now());
  return { what: `the range is on the network all the time (${absent} ms without)`, seen: absent === 0 };
}

/** A route that has changed takes the next packet along: what was sent before may fail, and nothing after. */
function noFailuresOnceGone({ traffic }: Stage, from: number, to: number): Sighting {
  const lost = failed(traffic.between(from + 100, to - 1000)).length;
  return { what: `no request fails once the switch has left the node (${lost} did)`, seen: lost === 0 };
}

/** Failed requests that were sent through one lb node. */
const failedThrough = ({ direct }: Stage, lb: Lb, from: number, to: number): number =>
  failed(direct.between(from, to)).filter(({ address }) => address === FACTS[lb].direct).length;

export const since = (begin: number, at: number | undefined): number | undefined =>
  at === undefined ? undefined : Math.round(at - begin);
