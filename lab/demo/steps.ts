import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../machine/place.ts';
import { eventsOf, type LogEvent } from '../observe/agents.ts';
import { LBS, type Sighting, type Stage, type StepResult } from './stage.ts';

/** How long the client is watched after each step. */
const WATCH_MS = 4000;
const SURVIVORS = ['lb2', 'lb3'];

/** The demo's steps in their order. Each leaves the lab as whole as it found it, but for the pods of the last one. */
export const STEPS: readonly ((stage: Stage) => Promise<StepResult>)[] = [
  spread,
  snatDeleted,
  forwardingBlocked,
  mended,
  gobgpdKilled,
  podReplaced,
];

async function spread(stage: Stage): Promise<StepResult> {
  const at = stage.now();
  await stage.watchTraffic(WATCH_MS);
  const end = at + WATCH_MS;
  const lbs = stage.through('lb', at, end);
  const pods = stage.through('pod', at, end);
  stage.say(`three paths; requests by lb node ${JSON.stringify(lbs)}, by pod ${JSON.stringify(pods)}`);
  return {
    step: '0',
    title: 'all is well',
    at,
    detectedAfterMs: undefined,
    routeChangedAfterMs: undefined,
    ...stage.counts(at, end, undefined),
    sightings: [
      pathsAre(stage, LBS),
      { what: 'every lb node carries requests', seen: LBS.every((lb) => (lbs[lb] ?? 0) > 0) },
      { what: 'both pods answer', seen: Object.keys(pods).join() === 'pod1,pod2' },
    ],
  };
}

async function snatDeleted(stage: Stage): Promise<StepResult> {
  const at = stage.now();
  const firewall = (await eventsOf(stage.lab, 'lb1')).find(({ event }) => event === 'agent-started')?.firewall;
  await stage.lab.exec('lb1', DELETE_SNAT[firewall ?? 'iptables']);
  stage.say('(a) deleted the SNAT rule of lb1');
  const repaired = await stage.event('lb1', changed('snat'), at);
  stage.say(`    lb1 repaired it ${after(at, repaired?.at)}`);
  const mendedAt = repaired?.at ?? at;
  await stage.watchTraffic(WATCH_MS);
  const end = mendedAt + WATCH_MS;
  const withdrawals = await stage.withdrawals(at);
  return {
    step: 'a',
    title: "lb1's SNAT rule deleted",
    at,
    detectedAfterMs: repaired && repaired.at - at,
    routeChangedAfterMs: undefined,
    ...stage.counts(at, end, undefined),
    sightings: [
      { what: 'the rule is repaired', seen: repaired !== undefined },
      { what: `nobody withdraws (${withdrawals} did)`, seen: withdrawals === 0 },
      pathsAre(stage, LBS),
      {
        what: 'the tor keeps its route',
        seen: stage.routes.states.every((state) => state.at < at || state.nexthops.length === 3),
      },
      carries(stage, 'lb1', mendedAt, end),
    ],
  };
}

/** How the SNAT rule is taken away, by the firewall that the agent found in the lab's kernel. */
const DELETE_SNAT = {
  iptables: ['iptables-legacy', '-t', 'nat', '-F', 'POSTROUTING'],
  nftables: ['nft', 'delete', 'table', 'ip', 'fairlead-snat'],
} as const;

async function forwardingBlocked(stage: Stage): Promise<StepResult> {
  const at = stage.now();
  await stage.lab.exec('lb1', ['iptables-legacy', '-I', 'FORWARD', '1', '-j', 'DROP']);
  stage.say('(b) blocked forwarding on lb1, which no table of the agent shows');
  const [withdrawn, route] = await Promise.all([
    stage.event('lb1', ({ event, reason }) => event === 'withdrawn' && reason === 'probe-failed', at),
    stage.routes.until(SURVIVORS, at, 20_000),
  ]);
  stage.say(`    lb1 withdrew ${after(at, withdrawn?.at)}; the tor's kernel route changed ${after(at, route?.at)}`);
  await stage.watchTraffic(WATCH_MS);
  const changedAt = route?.at ?? at;
  const end = changedAt + WATCH_MS;
  const counts = stage.counts(at, end, changedAt);
  return {
    step: 'b',
    title: "lb1's forwarding blocked",
    at,
    detectedAfterMs: withdrawn && withdrawn.at - at,
    routeChangedAfterMs: route && route.at - at,
    ...counts,
    sightings: [
      { what: 'the probe fails and lb1 withdraws', seen: withdrawn !== undefined },
      pathsAre(stage, SURVIVORS),
      { what: 'no request is lost once the route has changed', seen: counts.failedAfterRouteChange === 0 },
      { what: 'lb1 carries no request', seen: stage.through('lb', changedAt, end)['lb1'] === undefined },
    ],
  };
}

async function mended(stage: Stage): Promise<StepResult> {
  const at = stage.now();
  await stage.lab.exec('lb1', ['iptables-legacy', '-D', 'FORWARD', '1']);
  stage.say('(c) took the block away again');
  const [well, announced, route] = await Promise.all([
    stage.event('lb1', ({ event }) => event === 'held-down', at),
    stage.event('lb1', ({ event }) => event === 'announced', at, 40_000),
    stage.routes.until(LBS, at, 40_000),
  ]);
  stage.say(
    `    lb1 was well ${after(at, well?.at)}, announced ${after(at, announced?.at)}; the tor had three paths ${after(at, route?.at)}`,
  );
  await stage.watchTraffic(WATCH_MS);
  const changedAt = route?.at ?? at;
  const end = changedAt + WATCH_MS;
  return {
    step: 'c',
    title: "lb1's forwarding mended",
    at,
    detectedAfterMs: well && well.at - at,
    routeChangedAfterMs: route && route.at - at,
    ...stage.counts(at, end, changedAt),
    sightings: [
      {
        what: 'lb1 announces again, after its hold-down',
        seen: announced !== undefined && well !== undefined && announced.at > well.at,
      },
      pathsAre(stage, LBS),
      carries(stage, 'lb1', changedAt, end),
    ],
  };
}

async function gobgpdKilled(stage: Stage): Promise<StepResult> {
  const at = stage.now();
  await stage.lab.kill('gobgp2', 'SIGKILL');
  stage.say('(d) killed gobgpd on lb2');
  const [noticed, left] = await Promise.all([
    stage.event('lb2', ({ code, event }) => event === 'condition-raised' && code === 'gobgpd-unreachable', at),
    stage.routes.until(['lb1', 'lb3'], at, 20_000),
  ]);
  stage.say(`    lb2's agent noticed ${after(at, noticed?.at)}; the tor's kernel route changed ${after(at, left?.at)}`);
  const restartedAt = stage.now();
  await stage.lab.start('gobgp2');
  const back = await stage.routes.until(LBS, restartedAt, 40_000);
  stage.say(`    started it again; the tor had three paths ${after(restartedAt, back?.at)}`);
  await stage.watchTraffic(WATCH_MS);
  const backAt = back?.at ?? restartedAt;
  const end = backAt + WATCH_MS;
  return {
    step: 'd',
    title: 'gobgpd of lb2 killed, restarted',
    at,
    detectedAfterMs: noticed && noticed.at - at,
    routeChangedAfterMs: left && left.at - at,
    ...stage.counts(at, end, left?.at),
    sightings: [
      { what: "lb2's agent notices", seen: noticed !== undefined },
      { what: 'the tor drops the path over lb2', seen: left !== undefined },
      { what: 'the agent tells the new gobgpd everything, and the path is back', seen: back !== undefined },
      pathsAre(stage, LBS),
      carries(stage, 'lb2', backAt, end),
    ],
  };
}

/** As Kubernetes rolls a pod over: the new one gets ready, the old one terminates while it still serves, and is gone. */
async function podReplaced(stage: Stage): Promise<StepResult> {
  const at = stage.now();
  await writeSlice(stage, [READY('10.1.0.101'), TERMINATING('10.1.0.102'), READY('10.1.0.103')]);
  stage.say('(e) pod2 terminates, pod3 has come');
  const taken = await Promise.all(LBS.map((lb) => stage.event(lb, changed('ipvs'), at)));
  const takenAt = taken.includes(undefined) ? undefined : Math.max(...taken.map((event) => event?.at ?? 0));
  stage.say(`    every lb node's kernel had it ${after(at, takenAt)}`);
  await stage.watchTraffic(WATCH_MS);
  await writeSlice(stage, [READY('10.1.0.101'), READY('10.1.0.103')]);
  await stage.watchTraffic(WATCH_MS);
  const end = (takenAt ?? at) + WATCH_MS;
  const pods = stage.through('pod', takenAt ?? at, end);
  return {
    step: 'e',
    title: 'pod2 goes, pod3 comes',
    at,
    detectedAfterMs: takenAt && takenAt - at,
    routeChangedAfterMs: undefined,
    ...stage.counts(at, stage.now() - 2000, undefined),
    sightings: [
      { what: 'every lb node takes the change', seen: takenAt !== undefined },
      {
        what: `pod1 and pod3 answer, and nobody else (${Object.keys(pods).join()})`,
        seen: Object.keys(pods).join() === 'pod1,pod3',
      },
      pathsAre(stage, LBS),
    ],
  };
}

const READY = (address: string): string => `  - addresses: [${address}]\n    conditions: { ready: true }`;
const TERMINATING = (address: string): string =>
  `  - addresses: [${address}]\n    conditions: { ready: false, serving: true, terminating: true }`;

/** Gives the web Service other endpoints. One file serves all lb nodes, as one API server would. */
async function writeSlice(stage: Stage, endpoints: readonly string[]): Promise<void> {
  const text = readFileSync(join(CHECKOUT, 'lab/manifests/web.yaml'), 'utf8');
  const head = text.slice(0, text.indexOf('endpoints:'));
  await stage.lab.writeFile('lb1', '/etc/fairlead/manifests/web.yaml', `${head}endpoints:\n${endpoints.join('\n')}\n`);
}

const changed =
  (part: string) =>
  (event: LogEvent): boolean =>
    event.event === 'kernel-changed' && event.part === part;

const pathsAre = ({ routes }: Stage, lbs: readonly string[]): Sighting => ({
  what: `the tor's kernel route has the next hops ${lbs.join(', ')} (${routes.now.join(', ')})`,
  seen: routes.now.join() === lbs.join(),
});

const carries = (stage: Stage, lb: string, from: number, to: number): Sighting => ({
  what: `${lb} carries requests`,
  seen: (stage.through('lb', from, to)[lb] ?? 0) > 0,
});

const after = (begin: number, at: number | undefined): string =>
  at === undefined ? 'never' : `after ${at - begin} ms`;
