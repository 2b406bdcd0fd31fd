import { networkInterfaces } from 'node:os';
import type { Logger } from 'pino';
import { createSpeaker } from '../bgp/gobgp-speaker.ts';
import type { Speaker } from '../bgp/speaker.ts';
import { type Bulletin, createBulletin, noBulletin } from '../cluster/node-bulletin.ts';
import { createPresence, noPresence, type Presence } from '../cluster/presence.ts';
import type { Config } from '../config/config.ts';
import { Dataplane } from '../dataplane/dataplane.ts';
import { Fence } from '../dataplane/fence/apply.ts';
import type { FirewallKind } from '../dataplane/firewall/firewall.ts';
import { Links } from '../dataplane/netlink/link.ts';
import { LINKS } from '../dataplane/neighbours/plan.ts';
import { Neighbourhood } from '../dataplane/neighbours/read.ts';
import { PathProbe } from '../health/probe.ts';
import { UplinkCheck } from '../health/uplink.ts';
import { serveHttp, STUCK_AFTER_MS } from '../http/server.ts';
import type { Peer } from '../model/path.ts';
import { createSource } from '../source/create.ts';
import { Agent } from './agent.ts';
import { Beat } from './beat.ts';
import { DRAIN_FILE } from './drain-file.ts';
import { readLinkSpeed } from './link-speed.ts';
import { lockNode } from './lock.ts';
import { findNextHop } from './next-hop.ts';
import { NODE_FILE } from './node-file.ts';
import { NodePeers } from './node-peers.ts';
import { nodeChecks, ownChecks } from './node-checks.ts';
import { ORIGINALS } from './originals.ts';
import type { AgentParts } from './parts.ts';
import { familiesOf, firstAddresses, type NodeAddress, ownSources, type UsableRanges, usableRanges } from './ranges.ts';
import { announcedHosts } from './wanted-bgp.ts';
import { watchKernel } from './watch.ts';

/** A running agent with its HTTP endpoints. */
export interface RunningAgent {
  /** Withdraws, waits for the peers, and ends everything; the kernel stays as it is. */
  stop(): Promise<void>;
  /** Ends everything and withdraws nothing. */
  handOver(): Promise<void>;
}

type Given = Pick<
  AgentParts,
  'bulletin' | 'config' | 'log' | 'peers' | 'source' | 'staleConfig' | 'unwatched' | 'version'
>;

/**
 * Builds an agent from its real parts and starts it. Rejects with `already-running` beside another one, and where the
 * kernel or the HTTP addresses are not to be had.
 */
export async function startAgent(
  given: Pick<Given, 'config' | 'log' | 'staleConfig' | 'version'>,
): Promise<RunningAgent> {
  const { config, log } = given;
  const release = await lockNode();
  const startedAt = performance.now();
  let idleMs = (): number => performance.now() - startedAt;
  const stuck = (): string | undefined =>
    idleMs() > STUCK_AFTER_MS ? `the loop has not come round for ${idleMs()} ms` : undefined;
  // From the first moment on: what an agent before it has left behind is this one's to look after.
  const beat = new Beat(config.deadman.socket, () => stuck() === undefined);
  const links = new Links();
  const { peers, source } = placesOf(config, links, log);
  const uplink = new UplinkCheck(() => peers.resolved.peers.map(({ address }) => address));
  const bulletin = bulletinOf(config, log);
  const agent = await assemble({ ...given, bulletin, peers, source, unwatched: () => beat.problem }, uplink);
  idleMs = () => agent.idleMs;
  const orders = {
    drain: (timeoutMs: number | undefined, untilExit: boolean) => agent.orderDrain(timeoutMs, untilExit),
    undrain: () => agent.callOffDrain(),
  };
  const { address, socket } = config.http;
  const closeHttp = await serveHttp({ status: () => agent.status(), stuck, orders }, socket, address);
  agent.start();
  const unwatch = watchKernel(agent, config, { uplink, peers }, log);
  const letGo = (): void => {
    beat.stop();
    uplink.close();
    links.close();
    closeHttp();
    release();
  };
  return {
    stop: async () => {
      await unwatch();
      if (await agent.stop()) await beat.goodbye();
      await bulletin.stop();
      letGo();
    },
    handOver: async () => {
      await unwatch();
      await agent.handOver();
      await bulletin.stop();
      letGo();
    },
  };
}

/** Where the agent learns of the cluster and of its peers. Nothing of the cluster is read yet. */
function placesOf(config: Config, links: Links, log: Logger): Pick<AgentParts, 'peers' | 'source'> {
  const source = createSource(config.source, config.node, log);
  const labels = () => source.snapshot().labels;
  return {
    source,
    peers: new NodePeers({ config, labels, routes: () => links.defaultRoutes(), file: NODE_FILE, log }),
  };
}

async function assemble(given: Given, uplink: UplinkCheck): Promise<Agent> {
  const { config, log, version } = given;
  const addresses = nodeAddresses();
  const ranges = usableRanges(config.ranges, addresses);
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
