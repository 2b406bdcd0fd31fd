import { networkInterfaces } from 'node:os';
import type { Logger } from 'pino';
import { createSpeaker } from '../bgp/gobgp-speaker.ts';
import type { Speaker } from '../bgp/speaker.ts';
import { type Bulletin, createBulletin, noBulletin } from '../cluster/node-bulletin.ts';
import { createPresence, noPresence, type Presence } from '../cluster/presence.ts';
import type { Config } from '../config/config.ts';
import type { ConfigText } from '../config/load.ts';
import { Dataplane } from '../dataplane/dataplane.ts';
import { Fence } from '../dataplane/fence/apply.ts';
import type { FirewallKind } from '../dataplane/firewall/firewall.ts';
import { Links } from '../dataplane/netlink/link.ts';
import { LINKS } from '../dataplane/neighbours/plan.ts';
import { Neighbourhood } from '../dataplane/neighbours/read.ts';
import { PathProbe } from '../health/probe.ts';
import { UplinkCheck } from '../health/uplink.ts';
import { type OpenAddress, serveHttp, STUCK_AFTER_MS } from '../http/server.ts';
import type { AskExplanation } from '../http/explain.ts';
import type { AskTraffic } from '../http/traffic.ts';
import { explain } from '../model/error.ts';
import type { Peer } from '../model/path.ts';
import type { Skipped } from '../model/snapshot.ts';
import { createSource } from '../source/create.ts';
import { ServiceCidrs } from '../source/service-cidrs.ts';
import type { Source } from '../source/source.ts';
import { Agent } from './agent.ts';
import { Beat } from './beat.ts';
import { DRAIN_FILE } from './drain-file.ts';
import { ConfigFile } from './config-file.ts';
import { LastingSource } from './lasting-source.ts';
import type { Legacy } from './legacy.ts';
import { readLinkSpeed } from './link-speed.ts';
import { lockNode } from './lock.ts';
import { findNextHop } from './next-hop.ts';
import { NODE_FILE } from './node-file.ts';
import { NodePeers } from './node-peers.ts';
import { nodeChecks, ownChecks } from './node-checks.ts';
import { HandOverOrder, ordersOf } from './orders.ts';
import { ORIGINALS } from './originals.ts';
import type { AgentParts } from './parts.ts';
import { AutoRanges } from './ranges-auto.ts';
import { RANGES_FILE } from './ranges-file.ts';
import { familiesOf, firstAddresses, type NodeAddress, ownSources, type UsableRanges, usableRanges } from './ranges.ts';
import { Succession, type Term } from './succession.ts';
import { Tally } from './tally.ts';
import { type Ground, type Place, Uptake } from './uptake.ts';
import { waitingStatus } from './waiting.ts';
import { announcedHosts } from './wanted-bgp.ts';
import { watchKernel } from './watch.ts';

/** A running agent with its HTTP endpoints. */
export interface RunningAgent {
  /** Rejects once it cannot go on, so that the process has to begin anew. */
  readonly failed: Promise<never>;
  /** Whether its end was ordered to be a hand-over. */
  readonly isToHandOver: boolean;
  /** Looks at once whether the configuration file has changed. */
  lookAtConfig(): void;
  /** Withdraws, waits for the peers, and ends everything; the kernel stays as it is. */
  stop(): Promise<void>;
  /** Ends everything and withdraws nothing. */
  handOver(): Promise<void>;
}

/** What a process starts with. */
export interface Started extends ConfigText, Pick<AgentParts, 'log' | 'version'> {
  /** Where the configuration was read, and is followed. */
  readonly file: string;
  /** What is wrong with that file, where an earlier one is used in its place. */
  readonly stale: readonly string[];
}

type Given = Pick<AgentParts, 'config' | 'log' | 'version' | 'staleConfig' | 'needsRestart' | 'legacy'> &
  Pick<AgentParts, 'bulletin' | 'peers' | 'source' | 'startedAt' | 'tally' | 'unwatched'> &
  Pick<UsableRanges, 'outdated'>;

/**
 * Builds an agent from its real parts and starts it, and follows its configuration file. Rejects with `already-running` beside
 * another one, and where the kernel or the HTTP addresses are not to be had.
 */
export async function startAgent({ config, file, log, stale, text, version }: Started): Promise<RunningAgent> {
  const release = await lockNode();
  const startedAt = Date.now();
  // From the first moment on: what an agent before it has left behind is this one's to look after.
  const beat = new Beat(config.deadman.socket, () => stuck() === undefined);
  const tally = new Tally();
  const waiting = () => {
    const { auto, source } = uptake.ground;
    const known = { unknown: auto?.unknown, skipped: auto?.skipped ?? NONE, source: source.status() };
    return waitingStatus({ config: uptake.config, version, startedAt, now: Date.now(), ...known });
  };
  const begin = (of: Config, legacy: Legacy | undefined) => {
    const { auto, bulletin, source } = uptake.groundOf(of);
    const place = { source, bulletin, unwatched: () => beat.problem, ...(auto && { outdated: () => auto.outdated }) };
    const told = { staleConfig: () => followed.status.problems, needsRestart: () => uptake.needsRestart };
    return beginTerm({ config: of, log, version, legacy, tally, startedAt, ...place, ...told });
  };
  const agents = new Succession({ begin, waiting, log });
  const uptake = new Uptake({ started: config, agents, lay: (place) => ground(place, log) });
  const take = (of: Config) => uptake.take(of);
  const followed = new ConfigFile({ file, started: { config, text }, problems: stale, take, log });
  const stuck = (): string | undefined =>
    agents.idleMs > STUCK_AFTER_MS ? `the loop has not come round for ${agents.idleMs} ms` : undefined;
  const handOver = new HandOverOrder(Date.now);
  const status = () => ({
    ...agents.status(),
    config: { ...followed.status, needsRestart: uptake.needsRestart },
    ...(uptake.ground.auto && { serviceCidrs: uptake.ground.auto.status }),
    ...(handOver.until !== undefined && { handOverUntil: handOver.until }),
  });
  const orders = ordersOf(agents, handOver, log);
  const traffic: AskTraffic = (of) => agents.traffic(of);
  const why: AskExplanation = (query) => agents.explain(query);
  const { address, socket } = config.http;
  const closeHttp = await serveHttp(
    { status, stuck, orders, traffic, explain: why },
    socket,
    address,
    openAddress(config, log),
  );
  await uptake.start();
  followed.start();
  const tidying = setTimeout(
    () => globalThis.gc?.({ type: 'major', flavor: 'last-resort', execution: 'sync' }),
    TIDY_AFTER_MS,
  );
  const letGo = async (): Promise<void> => {
    clearTimeout(tidying);
    beat.stop();
    await uptake.end();
    closeHttp();
    release();
  };
  const settle = async (): Promise<void> => {
    await followed.stop();
    await uptake.stop();
  };
  return {
    failed: uptake.failed,
    get isToHandOver() {
      return handOver.until !== undefined;
    },
    lookAtConfig: () => followed.look(),
    stop: async () => {
      await settle();
      if (await agents.stop()) await beat.goodbye();
      await letGo();
    },
    handOver: async () => {
      await settle();
      await agents.handOver();
      await letGo();
    },
  };
}

/** Where a Prometheus of another machine asks. That it cannot is no reason not to serve the ranges. */
function openAddress(
  { bgp: { routerId: host }, http: { metricsPort: port } }: Config,
  log: Logger,
): OpenAddress | undefined {
  const onFailure = (error: unknown): void =>
    log.error(
      { event: 'metrics-not-served', host, port, error: explain(error) },
      'no other machine can ask for metrics',
    );
  return port === undefined ? undefined : { host, port, onFailure };
}

const NONE: readonly Skipped[] = [];

/**
 * By then a first reading is in the kernel. What it has left in memory is collected once: V8 has been given room for it
 * (rolldown.config.ts), and a quiet agent would not come to use that up again for hours. The flavour is the one that gives
 * pages back to the kernel; with 10,000 Services it takes a tenth of a second.
 */
const TIDY_AFTER_MS = 15_000;

/** What an agent with this configuration stands on, and the ones that follow it. */
function ground({ become, config: now, known }: Place, log: Logger): Ground {
  const config = now();
  const source = new LastingSource(createSource(config.source, config.node, log), () => auto?.skipped ?? NONE);
  const auto = autoRanges({ become, config: now, known }, source, log);
  return { source, auto, bulletin: bulletinOf(config, log) };
}

/** What follows the ServiceCIDRs; undefined where the configuration has the ranges. */
function autoRanges(place: Place, source: Source, log: Logger): AutoRanges | undefined {
  const { rangesFrom, source: from } = place.config();
  if (rangesFrom === 'configuration' || from.kind === 'manifests') return undefined;
  return new AutoRanges({ ...place, cidrs: new ServiceCidrs({ ...from, log }), source, file: RANGES_FILE, log });
}

/** Makes the agent for a configuration, with what belongs to it alone, and starts it. */
async function beginTerm(given: Omit<Given, 'peers'>): Promise<Term> {
  const { bulletin, config, log, source } = given;
  const links = new Links();
  const labels = () => source.snapshot().labels;
  const peers = new NodePeers({ config, labels, routes: () => links.defaultRoutes(), file: NODE_FILE, log });
  const uplink = new UplinkCheck(() => peers.resolved.peers.map(({ address }) => address));
  const agent = await assemble({ ...given, peers }, uplink);
  agent.start();
  const unwatch = watchKernel(agent, config, { uplink, peers }, log);
  const letGo = (): void => {
    uplink.close();
    links.close();
  };
  return {
    agent,
    stop: async () => {
      await unwatch();
      return agent.stop().finally(letGo);
    },
    handOver: async () => {
      await unwatch();
      await agent.handOver().finally(letGo);
      bulletin.handedOver();
    },
  };
}

async function assemble(given: Given, uplink: UplinkCheck): Promise<Agent> {
  const { config, log, outdated, version } = given;
  const addresses = nodeAddresses();
  const ranges = { ...usableRanges(config.ranges, addresses), ...(outdated && { outdated }) };
  const { externalIPs, loadBalancerIPs, mode } = config.dataplane;
  const neighbours = new Neighbourhood([...config.ranges, ...externalIPs, ...loadBalancerIPs]);
  const { firewall, ...path } =
    mode === 'none' ? withoutKernel(config, ranges) : await withKernel(config, ranges, addresses);
  log.info({ event: 'agent-started', version, ranges: ranges.usable, mode, firewall });
  const hasIPv6 = familiesOf([...ranges.usable, ...announcedHosts(config)]).includes('ipv6');
  const parts = {
    ...given,
    ranges,
    neighbours,
    ...path,
    fence: new Fence(firewall),
    now: Date.now,
    presence: presenceOf(config, log),
    drainFile: DRAIN_FILE,
    nextHopIPv6: (peers: readonly Peer[]) =>
      hasIPv6 ? findNextHop({ peers, routerId: config.bgp.routerId }, ranges.usable, nodeAddresses()) : undefined,
    linkSpeed: () => readLinkSpeed([...uplink.names][0]),
  };
  return connect(parts, uplink, log);
}

/** The other nodes are known of through the API server, so only where there is one. */
function presenceOf({ cluster, node, source }: Config, log: Logger): Presence {
  if (source.kind === 'manifests') return noPresence('the agents tell each other by the API server only');
  const { leaseDurationMs: durationMs, namespace } = cluster;
  return createPresence({ kubeconfig: source.kubeconfig, node, namespace, durationMs, log });
}

/** Events and a condition are of a Node: with manifests there is none. */
const bulletinOf = ({ node, source }: Config, log: Logger): Bulletin =>
  source.kind === 'manifests' ? noBulletin : createBulletin({ kubeconfig: source.kubeconfig, node, log });

type Path = Pick<AgentParts, 'kernel' | 'probe'> & { readonly firewall?: FirewallKind };

/** Opens what the agent works with. The kernel is not changed before the first pass. */
async function withKernel(config: Config, { usable }: UsableRanges, addresses: readonly NodeAddress[]): Promise<Path> {
  const { bgp, dataplane, health } = config;
  const kernel = await Dataplane.open({
    ranges: usable,
    external: [...new Set([...dataplane.externalIPs, ...dataplane.loadBalancerIPs])],
    sources: ownSources(bgp.routerId, addresses),
    firewall: dataplane.firewall,
    drainMs: dataplane.drainMs,
    fallbackScheduler: dataplane.scheduling.scheduler,
    mssClamp: dataplane.mssClamp,
    originals: ORIGINALS,
  });
  const probe = await PathProbe.withCanary(firstAddresses(usable), dataplane.scheduling.scheduler, health.timeoutMs);
  return { kernel, probe, firewall: kernel.firewall };
}

/** Not even a route: a local connection to a Service is routed first, and only then seen by kube-proxy's rules. */
const withoutKernel = ({ health }: Config, { usable }: UsableRanges): Path => ({
  kernel: undefined,
  probe: PathProbe.withoutCanary(familiesOf(usable), health.timeoutMs),
});

/** The speaker tells the agent of changes, and the agent tells the speaker what to announce: one has to come first. */
function connect(parts: Omit<AgentParts, 'speaker' | 'checks'>, uplink: UplinkCheck, log: Logger): Agent {
  const { config, source } = parts;
  const { gobgp: target, tls } = config.bgp;
  const speaker: Speaker = createSpeaker({ target, tls, log, onChange: () => agent.bgpChanged() });
  const places = { uplink, bgp: () => speaker.state(), source: () => source.status() };
  const checks = [...nodeChecks(config, places), ...ownChecks(config)];
  const agent = new Agent({ ...parts, checks, speaker });
  return agent;
}

/** The addresses of this node, without those of Services that a proxy binds. */
const nodeAddresses = (): NodeAddress[] =>
  Object.entries(networkInterfaces())
    .filter(([name]) => !LINKS.has(name))
    .flatMap(([name, list = []]) => list.flatMap(({ cidr }) => (cidr === null ? [] : [{ interface: name, cidr }])));
