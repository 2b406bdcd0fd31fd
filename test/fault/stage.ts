import { Lab, type TorKind } from '../../lab/lab.ts';
import { eventsOf, eventUntil, type LogEvent } from '../../lab/observe/agents.ts';
import { type Clock, machineClock } from '../../lab/observe/clock.ts';
import { type RouteState, Routes } from '../../lab/observe/routes.ts';
import { Traffic } from '../../lab/observe/traffic.ts';
import { Api } from './api/api.ts';
import { Streams } from './client/streams.ts';
import { agentConfig, clusterObjects, CONFIG, FACTS, kubeconfig, type Lb, LBS } from './cluster.ts';
import { Tor } from './tor.ts';

const UP_TIMEOUT_MS = 120_000;
const BACK_TIMEOUT_MS = 60_000;
/** Requests a second: to the Service that everybody asks for, and in turns to those that lead through one lb node each. */
const REQUESTS = 20;
const DIRECT = 12;

/** The fault lab while it runs, and everything that is seen of it. */
export interface Stage {
  readonly lab: Lab;
  readonly tor: Tor;
  readonly api: Api;
  /** The tor's kernel route for the IPv4 range. */
  readonly routes: Routes;
  /** What every client asks for: the tor chooses the way. */
  readonly traffic: Traffic;
  /** Requests through each lb node, whatever is announced. */
  readonly direct: Traffic;
  readonly streams: Streams;
  /** The time of the machine. */
  readonly now: Clock;
  /** A line of the time line. */
  readonly say: (text: string) => void;
}

/** Brings the lab up with an API server, and resolves once every lb node is announced and requests flow. */
export async function setStage(kind: TorKind, say: (text: string) => void): Promise<Stage> {
  const lab = await Lab.up({ tor: kind, start: false, onProgress: (text) => say(`set-up: ${text}`) });
  try {
    const api = await Api.start(lab);
    for (const object of clusterObjects()) await api.put(object);
    await Promise.all(LBS.map((lb) => configure(lab, lb)));
    say('set-up: starting the nodes');
    await Promise.all(
      ['tor', 'pod1', 'pod2', ...LBS, ...LBS.map((lb) => FACTS[lb].gobgp)].map((one) => lab.start(one)),
    );
    const now = await machineClock(lab);
    const routes = await Routes.watch(lab, now);
    if (!(await routes.until(LBS, 0, UP_TIMEOUT_MS))) throw new Error(await whyNotUp(lab));
    const traffic = await Traffic.start(lab, { perSecond: REQUESTS });
    const direct = await Traffic.start(lab, { addresses: LBS.map((lb) => FACTS[lb].direct), perSecond: DIRECT });
    const streams = await Streams.start(lab);
    const stage = { lab, tor: new Tor(lab, kind), api, routes, traffic, direct, streams, now, say };
    await waitUntil(async () => streams.open.size === Streams.count, BACK_TIMEOUT_MS);
    await whole(stage);
    return stage;
  } catch (error) {
    await lab.down();
    throw error;
  }
}

async function configure(lab: Lab, lb: Lb): Promise<void> {
  const { direct, uplink } = FACTS[lb];
  await lab.writeFile(lb, CONFIG, agentConfig(lb));
  await lab.writeFile(lb, '/etc/fairlead/kubeconfig', kubeconfig());
  await run(lab, 'tor', 'ip', 'route', 'add', `${direct}/32`, 'via', uplink);
}

async function whyNotUp(lab: Lab): Promise<string> {
  const logs = await Promise.all(LBS.map((lb) => lab.log(lb)));
  return `the tor does not get three paths; the agents say:\n${logs.map((log) => log.slice(-2000)).join('\n')}`;
}

/** What a command in a node prints. Rejects where it fails. */
export async function run(lab: Lab, node: string, ...argv: string[]): Promise<string> {
  const { exitCode, stderr, stdout } = await lab.exec(node, argv);
  if (exitCode !== 0) throw new Error(`${node}: ${argv.join(' ')}: exit code ${exitCode}: ${stderr}${stdout}`);
  return stdout;
}

/** Resolves once the tor spreads both families over all three lb nodes; with the time since when it does for IPv4. */
export async function whole(stage: Stage): Promise<number | undefined> {
  const { now, routes, tor } = stage;
  const isWhole = async (): Promise<boolean> =>
    routes.now.join() === LBS.join() && (await tor.nexthopsIPv6()).length === 3;
  const reached = await waitUntil(isWhole, BACK_TIMEOUT_MS);
  return reached ? (routes.states.at(-1)?.at ?? now()) : undefined;
}

/** Looks until it is true, or the time is over. */
export async function waitUntil(look: () => Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (await look()) return true;
    if (performance.now() > deadline) return false;
    await pause(100);
  }
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The first event of an agent after `since` that fits, waited for. */
export const agentEvent = (
  { lab }: Stage,
  lb: Lb,
  fits: (event: LogEvent) => boolean,
  since: number,
  timeoutMs = 20_000,
): Promise<LogEvent | undefined> => eventUntil(lab, lb, fits, since, timeoutMs);

/** The same for an event without which nothing goes on. Rejects where it does not come. */
async function eventually(stage: Stage, lb: Lb, fits: (event: LogEvent) => boolean, since: number): Promise<void> {
  if (await agentEvent(stage, lb, fits, since, BACK_TIMEOUT_MS)) return;
  throw new Error(`${lb} did not say what it has to: ${(await stage.lab.log(lb)).slice(-1000)}`);
}

/** Kills an agent, starts it again, and waits until the new one announces. */
export async function restart(stage: Stage, lb: Lb): Promise<void> {
  const at = stage.now();
  await stage.lab.kill(lb, 'SIGKILL');
  await stage.lab.start(lb);
  await eventually(stage, lb, ({ event }) => event === 'announced', at);
}

/** The first moment after `since` at which the tor's kernel does not send packets to an lb node. */
export const routeWithout = (
  { routes }: Stage,
  lb: Lb,
  since: number,
  timeoutMs: number,
): Promise<RouteState | undefined> => routes.first(({ nexthops }) => !nexthops.includes(lb), since, timeoutMs);

/** The first moment after `since` at which it does. */
export const routeWith = (
  { routes }: Stage,
  lb: Lb,
  since: number,
  timeoutMs: number,
): Promise<RouteState | undefined> => routes.first(({ nexthops }) => nexthops.includes(lb), since, timeoutMs);

/** How often agents have withdrawn or deprioritised since a moment. */
export async function stepsBack({ lab }: Stage, since: number): Promise<number> {
  const events = (await Promise.all(LBS.map((lb) => eventsOf(lab, lb)))).flat();
  return events.filter(({ at, event }) => (event === 'withdrawn' || event === 'deprioritised') && at >= since).length;
}
